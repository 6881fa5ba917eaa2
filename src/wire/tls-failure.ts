/** Why TLS did not come about, for whoever called: what is wrong, and what to change (TL3). OpenSSL's own words name its source files. */

import { SHOWN_NAMES_LENGTH_MAX } from './limits.ts';

interface Named {
  readonly message: string;
  readonly code?: unknown;
  readonly host?: unknown;
  readonly cert?: unknown;
}

const NOT_TLS = 'what listens there does not speak TLS: use http://';
const NOT_TRUSTED =
  'its certificate is of no authority that is trusted here: give that of its authority (--cacert FILE, or tls.ca)';
const ENDED =
  'its certificate has expired: give that server a new one (it takes new files without a restart), or correct the clock here';
const NOT_BEGUN = 'its certificate is not valid yet: correct the clock, here or where it was made';
const WANTS_ONE =
  'it takes only clients with a certificate: give one (--cert FILE --key FILE, or tls.cert and tls.key)';
const REFUSES_OURS =
  'it does not take the certificate that it was shown: give one of an authority that it trusts, and that is valid now (--cert FILE --key FILE)';

const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: ENDED,
  CERT_NOT_YET_VALID: NOT_BEGUN,
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_SIGNATURE_FAILURE: NOT_TRUSTED,
  INVALID_PURPOSE: 'its certificate is not meant for a server: it lacks that usage',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTS_ONE,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: WANTS_ONE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: REFUSES_OURS,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: REFUSES_OURS,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: REFUSES_OURS,
};

/** `null`: that was not it. */
export function tlsFailureText(error: Named): string | null {
  const code = String(error.code ?? '');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return anotherName(error);
  const words = WORDS[code];
  if (words !== undefined) return words;
  return code === 'EPROTO' || code.startsWith('ERR_SSL') ? NOT_TLS : null;
}

/** A connection that was broken off before anything was heard: the other end may have had its reasons in TLS. */
export function abruptEndText(isSecure: boolean): string {
  return isSecure
    ? 'it broke off the connection; if it takes only clients with a certificate, give one that is valid now and of an authority that it trusts (--cert FILE --key FILE)'
    : 'it broke off the connection; if it speaks TLS, use https://';
}

function anotherName({ cert, host }: Named): string {
  const names = cert instanceof Object && 'subjectaltname' in cert ? cert.subjectaltname : null;
  const whose = typeof names === 'string' && names !== '' ? `for ${shown(names)}` : 'for no name';
  return `its certificate is ${whose}, and not for ${shown(String(host))}: call it by a name that stands there, or give it a certificate with this one`;
}

/** What a stranger chose is shown in part. */
function shown(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, SHOWN_NAMES_LENGTH_MAX);
}
