/**
 * The two datagrams by which nodes find each other on a local network (CG8): a question to the group, and the answer to who asked.
 * Each is an object in JSON. A question is filled up with spaces, so that no answer is larger: nobody is flooded by asking in the
 * name of another. What has not passed here was not said.
 */
import { formatAddress, parsePlace } from '../../../core/address.ts';
import { assert } from '../../../core/assert.ts';
import { isNodeId } from '../../../core/types.ts';
import { fieldsIn } from '../../asking/json-fields.ts';
import { DATAGRAM_BYTES_MAX } from '../../limits.ts';

interface Question {
  /** Random, and given back by each answer. */
  readonly nonce: string;
  /** What keeps clusters apart, as `--cluster-id` says it; empty: nothing. */
  readonly cluster: string;
}

export interface Answer extends Question {
  /** Where clients are served; `null`: where the answer comes from. */
  readonly host: string | null;
  readonly port: number;
}

const VERSION = 1;
const NONCE = /^[0-9a-f]{32}$/;

export function encodeQuestion({ cluster, nonce }: Question): Buffer {
  const text = JSON.stringify({ raftchart: 'question', version: VERSION, nonce, cluster });
  return Buffer.from(text.padEnd(DATAGRAM_BYTES_MAX));
}

export function encodeAnswer({ cluster, host, nonce, port }: Answer): Buffer {
  const fields = { raftchart: 'answer', version: VERSION, nonce, cluster, host, port };
  const bytes = Buffer.from(JSON.stringify(fields));
  assert(bytes.length <= DATAGRAM_BYTES_MAX, 'CG8: no answer is larger than its question');
  return bytes;
}

/** `null`: it is none. */
export function questionIn(bytes: Uint8Array): Question | null {
  return bytes.length === DATAGRAM_BYTES_MAX ? saidIn(bytes, 'question') : null;
}

/** `null`: it is none. */
export function answerIn(bytes: Uint8Array): Answer | null {
  const said = bytes.length <= DATAGRAM_BYTES_MAX ? saidIn(bytes, 'answer') : null;
  if (said === null) return null;
  const { cluster, host, nonce, port } = said;
  if (typeof port !== 'number' || (host !== null && typeof host !== 'string')) return null;
  // Any host stands for the one that is not told yet.
  const isPlace = parsePlace(formatAddress({ host: host ?? '192.0.2.0', port })) !== null;
  return isPlace ? { cluster, host, nonce, port } : null;
}

type Said = Question & { readonly host?: unknown; readonly port?: unknown };

function saidIn(bytes: Uint8Array, type: 'question' | 'answer'): Said | null {
  const fields = fieldsIn(Buffer.from(bytes).toString());
  if (fields?.raftchart !== type || fields.version !== VERSION) return null;
  const { cluster, host, nonce, port } = fields;
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) return null;
  if (typeof cluster !== 'string' || !(cluster === '' || isNodeId(cluster))) return null;
  return { cluster, host, nonce, port };
}
