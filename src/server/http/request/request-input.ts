/** The parts of a request that several routes read alike: its key, its deadline, its condition, its consistency. */

import { CONSISTENCIES, type Consistency } from '../../../client-protocol/frame-shapes.ts';
import { parseLogId } from '../../../core/log-id.ts';
import { faultInSessionCall, parseSessionId, type SessionCall } from '../../../core/session.ts';
import type { EntryId } from '../../../core/types.ts';
import type { KeyCondition } from '../../../kv/commands/commands.ts';
import { type KeySelector, selectorOf } from '../../../kv/keys/key-selector.ts';
import { badRequest } from '../../errors.ts';
import { REVISION_BOUNDS, TIMEOUT_BOUNDS, TIMEOUT_DEFAULT_MS } from '../../limits.ts';
import { bytesFromJson, JSON_ENCODINGS, type JsonEncoding } from './json-bytes.ts';
import { percentDecode } from './percent-decoding.ts';
import {
  brokenEscape,
  choiceParameter,
  type Query,
  textParameter,
  wholeParameter,
} from './request-query.ts';

const KEY_PATH = '/kv/';

export const SELECTOR_PARAMETERS: readonly string[] = ['prefix', 'start', 'end'];

/** The path as it was sent, still percent-encoded. */
function rawPath(url: string): string {
  const from = url.indexOf('/', url.indexOf('://') + 3);
  return (from < 0 ? '/' : url.slice(from)).split(/[?#]/, 1)[0] ?? '/';
}

/** The bytes of the key in `/kv/<key>`, slashes included. */
export function keyFromPath(url: string): Uint8Array {
  const path = rawPath(url);
  if (!path.startsWith(KEY_PATH)) throw badRequest('The path must be /kv/ and the key.');
  const key = percentDecode(path.slice(KEY_PATH.length), { plusIsSpace: false });
  if (key === null) throw badRequest(brokenEscape('The key'));
  if (key.length === 0) throw badRequest('The key is empty: the path must be /kv/ and the key.');
  return key;
}

/** `?lease=`; `null`: to none. */
export function leaseFrom(query: Query): number | null {
  return wholeParameter(query, 'lease', REVISION_BOUNDS);
}

/** The number in `/lease/<number>`. */
export function leaseFromPath(url: string): number {
  const digits = /^\/lease\/([0-9]{1,15})$/.exec(rawPath(url))?.[1];
  const lease = Number(digits ?? 0);
  if (lease > 0 && lease <= REVISION_BOUNDS.max) return lease;
  throw badRequest('A lease is named by its number, as POST /lease answers it: /lease/7.');
}

export function timeoutFrom(query: Query, defaultMs: number = TIMEOUT_DEFAULT_MS): number {
  return wholeParameter(query, 'timeoutMs', TIMEOUT_BOUNDS) ?? defaultMs;
}

/** Before the rest of the query is looked at: what is wrong with it, its handler says. */
export function timeoutIn(url: string): number {
  const text = new URL(url).searchParams.get('timeoutMs') ?? '';
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return value >= TIMEOUT_BOUNDS.min && value <= TIMEOUT_BOUNDS.max ? value : TIMEOUT_DEFAULT_MS;
}

export function consistencyFrom(query: Query, unless: Consistency): Consistency {
  return choiceParameter(query, 'consistency', CONSISTENCIES) ?? unless;
}

/** `?atLeast=<term>-<index>`, as `raftchart-log-id` of a write says it; `null`: not given. */
export function atLeastFrom(query: Query): EntryId | null {
  const text = textParameter(query, 'atLeast');
  if (text === null) return null;
  const id = parseLogId(text);
  if (id !== null) return id;
  throw badRequest(
    `The query parameter atLeast must be a term and an index, as raftchart-log-id of a write shows them, like 3-120; it is ${JSON.stringify(text)}.`,
  );
}

export function revisionFrom(query: Query, name: string): number | null {
  return wholeParameter(query, name, REVISION_BOUNDS);
}

/** `?encoding=` says how keys and values are written, in this request as in its answer (SV12). */
export function encodingFrom(query: Query): JsonEncoding {
  return choiceParameter(query, 'encoding', JSON_ENCODINGS) ?? 'utf8';
}

/** Every key unless the query narrows it down. */
export function selectorFrom(query: Query, encoding: JsonEncoding): KeySelector {
  const selector = selectorOf((part) => keyParameter(query, part, encoding));
  return Object.keys(selector).length > 0 ? selector : { prefix: new Uint8Array(0) };
}

/** As percent-encoded bytes, or as percent-encoded base64. */
function keyParameter(query: Query, name: string, encoding: JsonEncoding): Uint8Array | null {
  const bytes = query.get(name) ?? null;
  if (bytes === null || encoding === 'utf8') return bytes;
  const text = textParameter(query, name) ?? '';
  if (text.includes(' ')) throw badRequest(`In base64, write a '+' of ${name} as %2B.`);
  return bytesFromJson(text, `The query parameter ${name}`, encoding);
}

/** `If-Match: "<modRevision>"` or `*`, `If-None-Match: *`; `null`: unconditional (SV6). */
export function conditionFrom(headers: Headers): KeyCondition | null {
  const match = headers.get('if-match');
  const noneMatch = headers.get('if-none-match');
  if (match !== null && noneMatch !== null) {
    throw badRequest('If-Match and If-None-Match exclude each other; send one of them.');
  }
  if (noneMatch !== null) {
    if (noneMatch === '*') return { type: 'absent' };
    throw badRequest('If-None-Match takes only *: write if the key does not exist.');
  }
  if (match === null) return null;
  if (match === '*') return { type: 'present' };
  const digits = /^"([0-9]{1,15})"$/.exec(match)?.[1];
  if (digits !== undefined) return { type: 'modRevision', modRevision: Number(digits) };
  throw badRequest('If-Match takes one modRevision in double quotes, as the ETag shows it, or *.');
}

/**
 * `raftchart-session` and `raftchart-sequence`, and `raftchart-acknowledged` if the client says so; `null`: it is no
 * write of a session. Half of it is refused: it would be carried out without.
 */
export function sessionFrom(headers: Headers): SessionCall | null {
  const [id, number, acknowledged] = SESSION_HEADERS.map((name) => headers.get(name) ?? null);
  if (id === null && number === null && acknowledged === null) return null;
  if (typeof id !== 'string' || number === null) {
    throw badRequest('raftchart-session and raftchart-sequence belong together; send both.');
  }
  const call = {
    session: sessionIdFrom(id),
    sequence: counterFrom(number, 'raftchart-sequence'),
    acknowledgedThrough:
      acknowledged === null ? 0 : counterFrom(acknowledged, 'raftchart-acknowledged'),
    opening: null,
  };
  const fault = faultInSessionCall(call);
  if (fault === null) return call;
  throw badRequest(`The session headers contradict themselves: ${fault}.`);
}

export function sessionIdFrom(text: string): Uint8Array {
  const session = parseSessionId(text);
  if (session !== null) return session;
  throw badRequest('A session is named by 32 hexadecimal digits, as POST /sessions answers them.');
}

function counterFrom(text: string | undefined, name: string): number {
  if (text !== undefined && /^[0-9]{1,15}$/.test(text)) return Number(text);
  throw badRequest(`${name} must be a whole number.`);
}

const SESSION_HEADERS = ['raftchart-session', 'raftchart-sequence', 'raftchart-acknowledged'];
