/**
 * `/kv/<key>` and `/kv`: single keys as raw bodies, ranges as JSON (SV1–SV3, SV6). A write answers what
 * became of it; a read says which consistency it was served with.
 */

import type { Consistency } from '../../../client-protocol/frame-shapes.ts';
import { RaftError, type RaftErrorDetails } from '../../../core/errors.ts';
import { logIdText } from '../../../core/log-id.ts';
import type { SessionCall } from '../../../core/session.ts';
import type { EntryId } from '../../../core/types.ts';
import type { KvCommand } from '../../../kv/commands/commands.ts';
import type { ConditionFailed, KvResult, Refused } from '../../../kv/commands/results.ts';
import { encodeChecked } from '../../admission/command-door.ts';
import { checkKey, checkSelector } from '../../admission/size-checks.ts';
import { badRequest, errorResponse } from '../../errors.ts';
import { RANGE_LIMIT_BOUNDS, RANGE_ROOM_BYTES, rangeTextMax } from '../../limits.ts';
import type { ServerContext } from '../../server-context.ts';
import { boundedRange } from '../../store/bounded-range.ts';
import { submit, untilReadable, type WrittenAt } from '../../store/replica-calls.ts';
import { resultBytes } from '../../store/result-bytes.ts';
import type { Ask } from '../ask.ts';
import { bodyAnswer, jsonTextsAnswer, whenItFits, whenRoom } from '../http-answer.ts';
import { readBody } from '../request/request-body.ts';
import {
  atLeastFrom,
  conditionFrom,
  consistencyFrom,
  encodingFrom,
  keyFromPath,
  leaseFrom,
  revisionFrom,
  SELECTOR_PARAMETERS,
  selectorFrom,
  sessionFrom,
  timeoutFrom,
} from '../request/request-input.ts';
import { flagParameter, type Query, readQuery, wholeParameter } from '../request/request-query.ts';
import { rangeTexts } from './range-text.ts';

/** What it takes to write, bodies included. */
export type WriteParts = Pick<ServerContext, 'replica' | 'guard' | 'limits' | 'held'>;
type ReadParts = Pick<ServerContext, 'replica' | 'guard' | 'limits' | 'kv'>;

interface WriteSettings extends Pick<Ask, 'visitor'> {
  /** `null`: it belongs to none. */
  readonly session: SessionCall | null;
  readonly timeoutMs: number;
}

const AT_LEAST_IS_LOCAL =
  'atLeast is what a local read waits for: a linearizable one sees everything. Leave one of the two out.';

export async function putKey(
  context: WriteParts,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs', 'lease']);
  const deadline = deadlineOf(timeoutFrom(query));
  const session = sessionFrom(request.headers);
  const condition = conditionFrom(request.headers);
  const lease = leaseFrom(query);
  const key = keyFromPath(request.url);
  checkKey(key, context.limits);
  const bounds = {
    bytesMax: context.limits.valueBytesMax,
    what: 'a value',
    held: context.held.incoming,
    timeoutMs: left(deadline),
  };
  const value = await readBody(request, bounds);
  const command: KvCommand = {
    type: 'put',
    key,
    value,
    ...(lease !== null && { lease }),
    ...(condition !== null && { condition }),
  };
  const { at, result } = await write(context, command, {
    session,
    timeoutMs: left(deadline),
    visitor,
  });
  return result.type === 'put' ? written(at, result.revision, {}) : refusal(result);
}

export async function deleteKey(
  context: WriteParts,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs']);
  const session = sessionFrom(request.headers);
  const condition = conditionFrom(request.headers);
  const key = keyFromPath(request.url);
  const command: KvCommand = { type: 'delete', key, ...(condition !== null && { condition }) };
  const timeoutMs = timeoutFrom(query);
  const { at, result } = await write(context, command, { session, timeoutMs, visitor });
  if (result.type !== 'delete') return refusal(result);
  return written(at, result.revision, { deleted: result.deleted });
}

export async function getKey(
  context: ReadParts,
  request: Request,
  { account, visitor }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs', 'consistency', 'atLeast', 'revision']);
  const key = keyFromPath(request.url);
  checkKey(key, context.limits);
  context.guard.mayRead(visitor, { key });
  const revision = revisionFrom(query, 'revision');
  const served = await readyToRead(context, query);
  context.guard.mayRead(visitor, { key });
  const question = { selector: { key }, limit: null, revision, keysOnly: false };
  const range = boundedRange(context.kv, question, context.limits);
  const [kv] = range.kvs;
  const headers = readHeaders(range.revision, served);
  if (kv === undefined)
    return errorResponse(keyNotFound(), { fields: { revision: range.revision }, headers });
  const tagged = { ...headers, etag: etag(kv.modRevision) };
  if (isKnownToReader(request.headers, kv.modRevision)) {
    return new Response(null, { status: 304, headers: tagged });
  }
  const about = { ...tagged, 'content-type': 'application/octet-stream' };
  return whenRoom(account, kv.value.length, () =>
    bodyAnswer(account, new Uint8Array(kv.value), about),
  );
}

export async function getRange(
  context: ReadParts,
  request: Request,
  { account, visitor }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, [
    ...SELECTOR_PARAMETERS,
    'limit',
    'revision',
    'keysOnly',
    'encoding',
    'consistency',
    'atLeast',
    'timeoutMs',
  ]);
  const encoding = encodingFrom(query);
  const selector = selectorFrom(query, encoding);
  checkSelector(selector, context.limits);
  context.guard.mayRead(visitor, selector);
  const limit = wholeParameter(query, 'limit', RANGE_LIMIT_BOUNDS);
  const revision = revisionFrom(query, 'revision');
  const keysOnly = flagParameter(query, 'keysOnly');
  const served = await readyToRead(context, query);
  const question = { selector, limit, revision, keysOnly };
  return whenItFits(account, RANGE_ROOM_BYTES, (fits) => {
    // Again, with what is read now.
    context.guard.mayRead(visitor, selector);
    const range = boundedRange(context.kv, question, context.limits);
    const bytes = resultBytes(range);
    if (!fits(bytes)) return bytes;
    const texts = rangeTexts(range, {
      encoding,
      keysOnly,
      textMax: rangeTextMax(context.limits),
    });
    return jsonTextsAnswer(account, { texts, bytes }, readHeaders(range.revision, served));
  });
}

export async function write(
  context: Pick<WriteParts, 'replica' | 'guard' | 'limits'>,
  command: KvCommand,
  { session, timeoutMs, visitor }: WriteSettings,
): Promise<WrittenAt> {
  const options = session === null ? { timeoutMs } : { session, timeoutMs };
  const bytes = encodeChecked(command, context.limits);
  context.guard.mayDo(visitor, command);
  return submit(context.replica, bytes, options);
}

export function written(
  at: EntryId,
  revision: number,
  fields: Readonly<Record<string, unknown>>,
): Response {
  return Response.json({ revision, ...fields }, { headers: writeHeaders(at, revision) });
}

/** What a later read may ask for: this revision, or `atLeast` this entry of the log. */
export function writeHeaders(at: EntryId, revision: number): Readonly<Record<string, string>> {
  return { 'raftchart-revision': String(revision), 'raftchart-log-id': logIdText(at) };
}

/** The answer to a write that was decided and changed nothing. */
export function refusal(result: KvResult, details: RaftErrorDetails = {}): Response {
  if (result.type === 'conditionFailed') return conditionFailed(result);
  if (result.type === 'refused') return refused(result, details);
  throw new TypeError(`the store answered with a ${result.type}`);
}

export function deadlineOf(timeoutMs: number): number {
  return performance.now() + timeoutMs;
}

/** What is left until the deadline, at least 1 ms, in whole milliseconds. */
export function left(deadline: number): number {
  return Math.max(1, Math.floor(deadline - performance.now()));
}

/** Where there is no lease, `lease` reads are served as the stronger linearizable ones, and the answer says so (SV3). */
export async function readyToRead(
  context: Pick<ReadParts, 'replica'>,
  query: Query,
): Promise<Consistency> {
  const atLeast = atLeastFrom(query);
  const wanted = consistencyFrom(query, atLeast === null ? 'linearizable' : 'local');
  const timeoutMs = timeoutFrom(query);
  if (atLeast !== null) {
    if (wanted !== 'local') throw badRequest(AT_LEAST_IS_LOCAL);
    await untilReadable(context.replica, { timeoutMs, atLeast });
    return 'local';
  }
  if (wanted === 'local') return 'local';
  const lease = wanted === 'lease';
  return (await untilReadable(context.replica, { timeoutMs, lease })) ?? 'linearizable';
}

export function readHeaders(
  revision: number,
  served: Consistency,
): Readonly<Record<string, string>> {
  return { 'raftchart-revision': String(revision), 'raftchart-consistency': served };
}

/** RFC 9110 §13.1.2: the reader holds this very value already, by one of the tags that it names. */
function isKnownToReader(headers: Headers, modRevision: number): boolean {
  const tags = headers.get('if-none-match')?.split(',') ?? [];
  return tags.some((tag) => ['*', etag(modRevision)].includes(tag.trim().replace(/^W\//, '')));
}

function etag(modRevision: number): string {
  return `"${modRevision}"`;
}

function conditionFailed({ revision, modRevision }: ConditionFailed): Response {
  const found = modRevision === 0 ? 'does not exist' : `has modRevision ${modRevision}`;
  const error = new RaftError(
    'RAFT_CONDITION_FAILED',
    `The condition did not hold: the key ${found}. Nothing was changed; read it and decide anew.`,
  );
  const headers = {
    'raftchart-revision': String(revision),
    ...(modRevision === 0 ? {} : { etag: etag(modRevision) }),
  };
  return errorResponse(error, { fields: { revision, modRevision }, headers });
}

function refused(
  { code, message, revision, compactedRevision }: Refused,
  details: RaftErrorDetails,
): Response {
  const error = new RaftError(code, message, details);
  return errorResponse(error, { fields: { revision, compactedRevision } });
}

function keyNotFound(): RaftError {
  return new RaftError(
    'RAFT_NOT_FOUND',
    'The key does not exist. Write it first, or check its spelling.',
  );
}
