/**
 * Issues certificates (X.509 version 3, RFC 5280) for development and for tests. Keys and signatures are Node's, on the
 * curve P-256; the bytes of a certificate are written by `@peculiar/asn1-x509`, since Node can read but not make them.
 * It reads nothing, revokes nothing and keeps no register: it is no authority for a cluster that people rely on.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** A certificate and its key, both PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Who signs: what is needed to issue more. */
export interface Authority extends Issued {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface Request {
  readonly name: string;
  readonly period: Period;
  /** What the certificate stands for: host names, IP addresses, URIs; may be none. */
  readonly altNames: readonly string[];
}

const COMMON_NAME = '2.5.4.3';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const SERIAL_BYTES = 16;

/** A new authority, signed by itself. */
export function makeAuthority(name: string, period: Period): Authority {
  const { privateKey, publicKey } = newKeys();
  const extensions = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign)),
  ];
  const self = { name, privateKey, publicKey };
  const cert = signed({ name, period, publicKey, issuer: self, extensions });
  return { ...self, cert, key: pemOf(privateKey) };
}

/** A certificate of that authority, good for both ends of a connection. */
export function issue(authority: Authority, { name, period, altNames }: Request): Issued {
  const { privateKey, publicKey } = newKeys();
  const extensions = [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false })),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth])),
    ...(altNames.length === 0 ? [] : [alternatives(altNames)]),
  ];
  const cert = signed({ name, period, publicKey, issuer: authority, extensions });
  return { cert, key: pemOf(privateKey) };
}

interface Unsigned {
  readonly name: string;
  readonly period: Period;
  readonly publicKey: KeyObject;
  readonly issuer: Pick<Authority, 'name' | 'privateKey' | 'publicKey'>;
  readonly extensions: readonly Extension[];
}

function signed({ name, period, publicKey, issuer, extensions }: Unsigned): string {
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const unsigned = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: algorithm,
    issuer: nameOf(issuer.name),
    validity: new Validity({ notBefore: period.from, notAfter: period.to }),
    subject: nameOf(name),
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions([
      ...extensions,
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdOf(publicKey)), false),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdOf(issuer.publicKey)) }),
        false,
      ),
    ]),
  });
  const bytes = Buffer.from(AsnConvert.serialize(unsigned));
  const certificate = new Certificate({
    tbsCertificate: unsigned,
    signatureAlgorithm: algorithm,
    signatureValue: exactly(sign('sha256', bytes, issuer.privateKey)),
  });
  return pem('CERTIFICATE', Buffer.from(AsnConvert.serialize(certificate)));
}

function newKeys(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

/** Positive, and not zero: its highest bit is clear and the next one set (RFC 5280 §4.1.2.2). */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return exactly(bytes);
}

function nameOf(commonName: string): Name {
  const part = new AttributeTypeAndValue({ type: COMMON_NAME });
  part.value.utf8String = commonName;
  return new Name([new RelativeDistinguishedName([part])]);
}

function alternatives(altNames: readonly string[]): Extension {
  const names = new SubjectAlternativeName(altNames.map(generalName));
  return extension(id_ce_subjectAltName, names);
}

/** A URI has a scheme, an address is one, and all else is a host name. */
function generalName(text: string): GeneralName {
  if (text.includes('://')) return new GeneralName({ uniformResourceIdentifier: text });
  return isIP(text) === 0
    ? new GeneralName({ dNSName: text })
    : new GeneralName({ iPAddress: text });
}

const CRITICAL: ReadonlySet<string> = new Set([id_ce_basicConstraints, id_ce_keyUsage]);

function extension(extnID: string, value: unknown, critical = CRITICAL.has(extnID)): Extension {
  return new Extension({
    extnID,
    critical,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

/** As RFC 5280 §4.2.1.2 proposes; any name that is the same at both would do. */
function keyIdOf(publicKey: KeyObject): ArrayBuffer {
  return exactly(createHash('sha1').update(spkiOf(publicKey)).digest());
}

function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function pemOf(privateKey: KeyObject): string {
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

/** In a buffer of its own: that of a `Buffer` may hold others as well. */
function exactly(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
