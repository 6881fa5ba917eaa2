/** What a member is given for TLS, fixed or in files. */
import type { TlsSource } from '../ports/tls.ts';
import { fixedTls } from '../wire/tls-material.ts';

/** Texts in PEM. With `ca`, both ends have to show a certificate that one of these has signed, and that names the member. */
export interface PeerTls {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly ca?: string | Buffer;
}

export function isSource(tls: PeerTls | TlsSource): tls is TlsSource {
  return 'current' in tls;
}

export function sourceOf(tls: PeerTls | TlsSource): TlsSource {
  if (isSource(tls)) return tls;
  const { ca, cert, key } = tls;
  return fixedTls({ cert: `${cert}`, key: `${key}`, ...(ca !== undefined && { ca: `${ca}` }) });
}
