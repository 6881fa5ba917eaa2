/** How a member dials over TLS. */
import type { SecureContext } from 'node:tls';
import type { TlsMaterial } from '../ports/tls.ts';
import { secureContext } from '../wire/tls-material.ts';

interface DialContext {
  readonly secureContext: SecureContext;
  readonly checkServerIdentity?: () => boolean;
}

/** A member is known by its certificate's name for it, and not by the host at which it is found today (TL6). */
export function dialContext(tls: TlsMaterial): DialContext {
  const context = { secureContext: secureContext(tls) };
  // For `ws` this says whether there is a fault, whatever its types say.
  return tls.ca === undefined ? context : { ...context, checkServerIdentity: () => false };
}
