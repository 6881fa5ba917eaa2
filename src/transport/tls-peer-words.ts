/** Why TLS between members did not come about, for the operator of either end (TL6). Nothing in it is a stranger's choice. */
import type { TLSSocket } from 'node:tls';

const GIVE = '--peer-tls-cert, --peer-tls-key and --peer-tls-ca';
const ENDED = 'its certificate has expired, or a clock is wrong';
const NOT_TRUSTED = `its certificate is of no authority that this member trusts: all members need certificates of the authorities in --peer-tls-ca`;
const NOT_TRUSTED_THERE = 'it does not take the certificate of this member';

const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: ENDED,
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or a clock is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  INVALID_PURPOSE: 'its certificate is not meant for this end of a connection',
  ERR_SSL_HTTP_REQUEST: `it does not speak TLS, and this member does: give every member ${GIVE}`,
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'it shows no certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: NOT_TRUSTED_THERE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: NOT_TRUSTED_THERE,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: `it wants a certificate of this member: give it ${GIVE}`,
};

/** Of a dial that failed; `null`: not for TLS. */
export function tlsDialText(error: Error, isSecure: boolean): string | null {
  const code = codeOf(error);
  const words = WORDS[code];
  if (words !== undefined) return words;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return `it does not speak TLS, and this member does: give every member ${GIVE}`;
  }
  if (code !== 'ECONNRESET' || error.message !== 'socket hang up') return null;
  return isSecure
    ? `it broke off while TLS came about: it may not take the certificate of this member, which has to be valid now and of an authority that it trusts`
    : `it broke off before a word: if the other members speak TLS, this one needs ${GIVE}`;
}

/** Of a caller that got no further than TLS; `null`: it only went away. */
export function tlsCallText(
  error: Error,
  stream: Pick<TLSSocket, 'authorizationError'>,
): string | null {
  const unauthorized: unknown = stream.authorizationError;
  const code =
    unauthorized === undefined || unauthorized === null ? codeOf(error) : `${unauthorized}`;
  const words = WORDS[code];
  return words === undefined ? null : `a caller was turned away: ${words}`;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
