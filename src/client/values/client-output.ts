/**
 * From what the store answered to what the caller gets. A condition that did not hold and a command that was
 * refused become rejections with a code; byte arrays become the caller's own, since the frame that they
 * arrived in may be a thousand times their size.
 */
import { RaftError } from '../../core/errors.ts';
import type { LogId } from '../../core/log-id.ts';
import { CompactedError } from '../../kv/commands/kv-errors.ts';
import type { KvAnswer } from '../../kv/commands/result-codec.ts';
import type {
  ConditionFailed,
  DeleteResult,
  PutResult,
  RangeResult,
  Refused,
  TxnResponse,
  TxnResult,
} from '../../kv/commands/results.ts';
import type { KeyValue } from '../../kv/keys/key-value.ts';
import type { WatchRevision } from '../../kv/watching/watch-event.ts';

/** What became of a write. */
export type Written<Result> = Result & {
  /** Where it stands in the log: a later read sees it with `atLeast`, at whichever node. */
  readonly logId: LogId;
};

/** The write's condition did not hold; nothing was changed. */
export class ConditionFailedError extends RaftError {
  /** The store's revision when it was looked at. */
  readonly revision: number;
  /** The key's; 0 if it does not exist. */
  readonly modRevision: number;

  constructor({ revision, modRevision }: ConditionFailed) {
    const found = modRevision === 0 ? 'does not exist' : `has modRevision ${modRevision}`;
    const text = `The condition did not hold: the key ${found}. Nothing was changed; read it and decide anew.`;
    super('RAFT_CONDITION_FAILED', text);
    this.revision = revision;
    this.modRevision = modRevision;
  }
}

/** Throws what the result says if it is not of the kind that was asked for. */
export function expectResult<
  Type extends Exclude<KvAnswer['type'], 'range' | 'refused' | 'conditionFailed' | 'expire'>,
>(result: KvAnswer, type: Type): Extract<KvAnswer, { readonly type: Type }> {
  if (isOfType(result, type)) return result;
  if (result.type === 'conditionFailed') throw new ConditionFailedError(result);
  if (result.type === 'refused') throw refusal(result, type);
  throw new RaftError(
    'RAFT_OUTCOME_UNKNOWN',
    `The server answered a ${type} with a ${result.type}.`,
  );
}

/** A renewal came too late. */
export function leaseEnded(lease: number): RaftError {
  return new RaftError('RAFT_LEASE_EXPIRED', `The lease ${lease} has ended, and its keys with it.`);
}

function isOfType<Type extends KvAnswer['type']>(
  result: KvAnswer,
  type: Type,
): result is Extract<KvAnswer, { readonly type: Type }> {
  return result.type === type;
}

/** What has not happened yet can be read later; whoever would compact it has the wrong number. */
function refusal(
  { code, message, compactedRevision }: Refused,
  asked: KvAnswer['type'],
): RaftError {
  if (asked === 'compact') {
    if (code !== 'RAFT_COMPACTED') return new RaftError(code, message, { retry: 'never' });
    return new CompactedError(compactedRevision - 1, compactedRevision, message);
  }
  if (code !== 'RAFT_COMPACTED') return new RaftError(code, message);
  return new CompactedError(compactedRevision - 1, compactedRevision);
}

export function ownPut(result: PutResult): PutResult {
  const { previous = null } = result;
  return previous === null ? result : { ...result, previous: ownKeyValue(previous) };
}

export function ownDelete(result: DeleteResult): DeleteResult {
  const { previous } = result;
  return previous === undefined ? result : { ...result, previous: previous.map(ownKeyValue) };
}

export function ownTxn(result: TxnResult): TxnResult {
  return { ...result, responses: result.responses.map(ownResponse) };
}

function ownResponse(response: TxnResponse): TxnResponse {
  if (response.type === 'put') return ownPut(response);
  if (response.type === 'delete') return ownDelete(response);
  return ownRange(response);
}

function ownRange(result: RangeResult): RangeResult {
  return { ...result, kvs: result.kvs.map(ownKeyValue) };
}

export function ownKeyValue(kv: KeyValue): KeyValue {
  return { ...kv, key: own(kv.key), value: own(kv.value) };
}

export function ownRevision({ revision, events }: WatchRevision): WatchRevision {
  return {
    revision,
    events: events.map((event) =>
      event.type === 'put'
        ? { type: 'put', ...ownKeyValue(event) }
        : { ...event, key: own(event.key) },
    ),
  };
}

/** A copy, and a plain one: `slice` of a Node `Buffer` would be a view. */
function own(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
