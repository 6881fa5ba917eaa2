/**
 * Certificates and keys, proven before they are used: OpenSSL takes an authority that is none without a word, and
 * then trusts nobody. What is wrong is said in words, with the name of the part that is.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { ClientTls, TlsMaterial, TlsSource } from '../ports/tls.ts';

/** One that is never replaced. */
export function fixedTls(current: TlsMaterial): TlsSource {
  return { current, onChange: () => () => {} };
}

/** What is wrong with it, as the end of a sentence; `null`: nothing. */
export function problemWithTls({ ca, cert, key }: ClientTls): string | null {
  const authority = ca === undefined ? null : problemWithCertificates(ca);
  if (authority !== null) return `the authority (ca) ${authority}`;
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined) return 'the certificate (cert) of that key is missing';
  if (key === undefined) return 'the key of that certificate is missing';
  const own = problemWithCertificates(cert);
  return own === null ? problemWithKey(cert, key) : `the certificate (cert) ${own}`;
}

/** Of material without a problem. */
export function secureContext({ ca, cert, key }: ClientTls): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  });
}

/** When a certificate ends; the first, if there are several in a chain. */
export function endOfCertificate(cert: string): Date {
  return new Date(new X509Certificate(cert).validTo);
}

/** As OpenSSL finds them: on a line of its own. What begins otherwise, or is cut, it leaves out without a word. */
const BLOCK = /^\ufeff?-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gm;
const BEGINNING = /-----BEGIN CERTIFICATE-----/g;

function problemWithCertificates(pem: string): string | null {
  const blocks = pem.match(BLOCK) ?? [];
  const begun = pem.match(BEGINNING) ?? [];
  if (begun.length === 0) return 'holds no certificate in PEM';
  if (blocks.length < begun.length)
    return 'holds a certificate that is cut, or begins within a line';
  try {
    for (const block of blocks) new X509Certificate(block);
    return null;
  } catch {
    return 'holds a certificate that cannot be read';
  }
}

function problemWithKey(cert: string, key: string): string | null {
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
      ? 'the key is not that of the certificate'
      : 'the key cannot be read: give it in PEM, without a passphrase';
  }
}
