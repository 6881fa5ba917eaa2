/**
 * Keys and values in JSON: as text or as base64, by `?encoding=`, and never silently changed (SV12). In text
 * mode what is not UTF-8 shows as `null` with its bytes beside it, in `keyBase64` or `valueBase64`.
 */
import type { KeyValue } from '../../../kv/keys/key-value.ts';
import { badRequest } from '../../errors.ts';
import { decodeUtf8 } from './request-query.ts';

export type JsonEncoding = 'utf8' | 'base64';
export const JSON_ENCODINGS: readonly JsonEncoding[] = ['utf8', 'base64'];
export type JsonFields = Readonly<Record<string, unknown>>;

const encoder = new TextEncoder();
const LONE_SURROGATE = /\p{Surrogate}/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `{name: …}`, or `{name: null, nameBase64: …}` for bytes that are not text. */
export function bytesField(name: string, bytes: Uint8Array, encoding: JsonEncoding): JsonFields {
  const fields: Record<string, unknown> = {};
  addBytes(fields, name, { bytes, encoding });
  return fields;
}

/** Ten thousand of them make one answer: no object is made but the one that is returned. */
export function keyValueJson(
  kv: KeyValue,
  { encoding, keysOnly }: { readonly encoding: JsonEncoding; readonly keysOnly: boolean },
): JsonFields {
  const fields: Record<string, unknown> = {};
  addBytes(fields, 'key', { bytes: kv.key, encoding });
  if (!keysOnly) addBytes(fields, 'value', { bytes: kv.value, encoding });
  fields.createRevision = kv.createRevision;
  fields.modRevision = kv.modRevision;
  fields.version = kv.version;
  fields.lease = kv.lease;
  return fields;
}

function addBytes(
  fields: Record<string, unknown>,
  name: string,
  { bytes, encoding }: { readonly bytes: Uint8Array; readonly encoding: JsonEncoding },
): void {
  const text = encoding === 'base64' ? base64(bytes) : decodeUtf8(bytes);
  fields[name] = text;
  if (text === null) fields[`${name}Base64`] = base64(bytes);
}

/** What a string of a JSON request stands for. */
export function bytesFromJson(value: unknown, what: string, encoding: JsonEncoding): Uint8Array {
  if (typeof value !== 'string') throw badRequest(`${what} must be a string.`);
  if (encoding === 'base64') {
    if (!BASE64.test(value)) throw badRequest(`${what} is not base64 (with padding).`);
    return new Uint8Array(Buffer.from(value, 'base64'));
  }
  if (LONE_SURROGATE.test(value)) {
    throw badRequest(
      `${what} holds half of a surrogate pair, which UTF-8 cannot express. Use ?encoding=base64.`,
    );
  }
  return encoder.encode(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
