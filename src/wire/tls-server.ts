/** The listening half of HTTP, in the open or, with certificates, in TLS: whoever shows none that is wanted gets no further. */
import { constants } from 'node:crypto';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { TlsMaterial, TlsSource } from '../ports/tls.ts';

interface WebServerOptions extends ServerOptions {
  /** How long TLS may take to come about, in milliseconds. */
  readonly handshakeTimeout: number;
}

/** New connections get whatever material is current; those that stand keep theirs (TL5). */
export function webServer(options: WebServerOptions, tls: TlsSource | null): Server {
  if (tls === null) return createServer(options);
  const isMutual = tls.current.ca !== undefined;
  const server = createSecureServer({
    ...options,
    ...contextOf(tls.current),
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
  });
  const forget = tls.onChange(() => server.setSecureContext(contextOf(tls.current)));
  server.once('close', forget);
  return server;
}

/**
 * Nobody resumes a session: a ticket would outlive the authority that its holder was believed for, and the certificate
 * that it showed.
 */
function contextOf({ ca, cert, key }: TlsMaterial): SecureContextOptions {
  return {
    cert,
    key,
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca, secureOptions: constants.SSL_OP_NO_TICKET }),
  };
}
