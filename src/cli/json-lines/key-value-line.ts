/**
 * A key with its value as a line of JSON, as `export` writes and `import` reads it: `{"key": …, "value": …}`, where what is
 * not UTF-8 stands as base64 in `keyBase64` or `valueBase64` (CL42).
 */
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import type { KeyValue } from '../../kv/keys/key-value.ts';
import { fieldsOf } from '../../server/http/request/json-body.ts';
import {
  bytesField,
  bytesFromJson,
  type JsonFields,
} from '../../server/http/request/json-bytes.ts';
import { decodeUtf8 } from '../../server/http/request/request-query.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { SHOWN_NAMES_LENGTH_MAX } from '../limits.ts';
import { shownBytes } from '../words/shown-bytes.ts';
import type { Line } from './lines.ts';

export type Pair = Pick<KeyValue, 'key' | 'value'>;

export function keyValueLine({ key, value }: Pair): string {
  const fields = { ...bytesField('key', key, 'utf8'), ...bytesField('value', value, 'utf8') };
  return `${JSON.stringify(fields)}\n`;
}

/** What `range -o json` says of a key besides, which a put makes anew. */
const OF_THE_STORE = ['createRevision', 'modRevision', 'version', 'lease'];
const KNOWN = ['key', 'keyBase64', 'value', 'valueBase64', ...OF_THE_STORE];

/** `null`: the line is blank. */
export function pairIn({ number, bytes }: Line): Pair | null {
  const where = `Line ${number}`;
  const text = decodeUtf8(bytes);
  if (text === null) throw usageFailure(`${where} is not UTF-8.`);
  if (text.trim() === '') return null;
  try {
    const fields = fieldsOf(JSON.parse(text.trim()), where, KNOWN);
    return { key: partOf(fields, 'key', where), value: partOf(fields, 'value', where) };
  } catch (error) {
    if (error instanceof RaftError) throw usageFailure(error.message);
    const why = shownBytes(new TextEncoder().encode(textOf(error)), SHOWN_NAMES_LENGTH_MAX);
    throw usageFailure(`${where} is not JSON (${why}).`);
  }
}

function partOf(fields: JsonFields, name: 'key' | 'value', where: string): Uint8Array {
  const text = fields[name];
  const base64 = fields[`${name}Base64`];
  if (base64 === undefined) return bytesFromJson(text, `${where}: ${name}`, 'utf8');
  if (text === undefined || text === null)
    return bytesFromJson(base64, `${where}: ${name}Base64`, 'base64');
  throw usageFailure(`${where} has both ${name} and ${name}Base64; give one.`);
}
