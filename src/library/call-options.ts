/**
 * What a call of a node may be told besides its input, checked in words (EM12), and how a call is raced against
 * its signal. Everything that a caller gets wrong becomes a rejection of that call.
 */
import { RaftError } from '../core/errors.ts';
import { TIMER_MS_MAX } from '../core/limits.ts';
import { aLogId, entryIdOf, type LogId } from '../core/log-id.ts';
import type { MembershipChange } from '../core/membership-change.ts';
import {
  aBoolean,
  aList,
  aNumber,
  anObject,
  aSignal,
  type Kind,
  ownOptions,
} from '../core/option-kinds.ts';
import { type EntryId, isNodeId, type NodeId, nodeId } from '../core/types.ts';
import type { CallKind } from './call-table.ts';
import { type IsPlace, memberAddress, memberId } from './member-names.ts';

export interface CallOptions {
  /** Stops the waiting, not the command: an aborted proposal may still take effect. */
  readonly signal?: AbortSignal;
  /** In milliseconds, 1 to 2,147,483,647; 5,000 unless given. */
  readonly timeoutMs?: number;
}

/** A call under way: how long it may take, and where its end is told. */
interface Waiting<Value> {
  readonly timeoutMs: number;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

export interface QueryOptions extends CallOptions {
  /**
   * The write that the answer must show: what `propose` resolved with, at whichever member, or its term and index. This
   * member answers from its own state once it has applied that entry, and asks nobody; what was written later may be missing.
   */
  readonly atLeast?: LogId;
  /** It may do without a round where leases are on, this member leads and holds one (§6.4.1); else it is as any other. */
  readonly lease?: boolean;
}

export interface TransferOptions extends CallOptions {
  /** Who shall lead; the fittest unless given. */
  readonly to?: string;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const KINDS = { signal: aSignal, timeoutMs: aNumber(1, TIMER_MS_MAX) };
const NAMES = [...Object.keys(KINDS), 'atLeast', 'lease'];
const aMember: Kind = (value) => (isNodeId(value) ? null : 'the id of a member');

/** Runs `start` and races its end against the signal; only the waiting ends when that aborts (EM8). */
export function withOptions<Value>(
  where: string,
  given: CallOptions | undefined,
  retry: 'safe' | 'outcomeUnknown',
  start: (waiting: Waiting<Value>) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const { signal, timeoutMs } = checkedOptions(where, given);
    if (signal === undefined) return start({ timeoutMs, resolve, reject });
    if (signal.aborted) return reject(aborted(signal, 'safe'));
    const stop = (): void => reject(aborted(signal, retry));
    const settle =
      <Argument>(then: (argument: Argument) => void) =>
      (argument: Argument): void => {
        signal.removeEventListener('abort', stop);
        then(argument);
      };
    start({ timeoutMs, resolve: settle(resolve), reject: settle(reject) });
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** What shall be so when a change of members is done. */
export interface MembersOptions {
  /** New members with their `host:port`, as learners at first; for one that is a member already, its new address. */
  readonly add?: Readonly<Record<string, string>>;
  /** Learners, of those added too, that shall vote once they have caught up. */
  readonly promote?: readonly string[];
  readonly remove?: readonly string[];
}

const CHANGE_KINDS = { add: anObject, promote: aList, remove: aList };

/** The change as it is now: what the caller changes later changes nothing. Whether it can be, the members judge. */
export function membersChange(given: MembersOptions, isPlace: IsPlace): MembershipChange {
  const own = ownOptions('changeMembers', given, CHANGE_KINDS);
  const { add = {}, promote = [], remove = [] } = own;
  const added = Object.entries(add).map(([id, at]) => [
    memberId('a name in add', id),
    memberAddress(`add.${id}`, at, isPlace),
  ]);
  return {
    add: Object.fromEntries(added),
    promote: promote.map((id) => memberId('each of promote', id)),
    remove: remove.map((id) => memberId('each of remove', id)),
  };
}

/** What a query has to see, and how that is known, and what is the call's. */
export function queryOptions(given: QueryOptions | undefined): {
  readonly how: { readonly atLeast?: EntryId; readonly lease?: boolean };
  readonly waiting: CallOptions | undefined;
} {
  if (given?.atLeast === undefined && given?.lease === undefined) {
    return { how: {}, waiting: given };
  }
  const own = ownOptions('query', given, { ...KINDS, atLeast: aLogId, lease: aBoolean });
  const { atLeast, lease = false, ...waiting } = own;
  if (atLeast === undefined) return { how: { lease }, waiting };
  return { how: { atLeast: entryIdOf(atLeast) }, waiting };
}

/** Whom a transfer is to, and how long to wait for it. */
export function transferOptions(given: TransferOptions): {
  readonly to: NodeId | null;
  readonly waiting: CallOptions;
} {
  const own = ownOptions('transferLeadership', given, { ...KINDS, to: aMember });
  const { to, ...waiting } = own;
  return { to: to === undefined ? null : nodeId(to), waiting };
}

function aborted(signal: AbortSignal, retry: 'safe' | 'outcomeUnknown'): RaftError {
  const cause: unknown = signal.reason;
  return new RaftError('RAFT_ABORTED', 'the caller stopped waiting', { retry, cause });
}

function checkedOptions(
  where: string,
  given: CallOptions | undefined,
): { readonly signal?: AbortSignal; readonly timeoutMs: number } {
  if (given === undefined) return { timeoutMs: DEFAULT_TIMEOUT_MS };
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = ownOptions(where, given, KINDS);
  return { timeoutMs, ...(signal !== undefined && { signal }) };
}

/**
 * EM13: options stand third, behind the input, also where a call has none. Where they stand second they would be
 * taken for the input, and neither timeout nor signal would count.
 */
export function refuseOptionsAsInput(
  kind: CallKind,
  { name, call, input }: { name: string; call: { readonly length: number }; input: unknown },
): void {
  if (call.length >= 2 || typeof input !== 'object' || input === null) return;
  const given = Object.keys(input);
  if (given.length === 0 || !given.every((each) => NAMES.includes(each))) return;
  const method = kind === 'command' ? 'propose' : 'query';
  throw new TypeError(
    `${JSON.stringify(name)} takes no input, and this looks like options: write ${method}(${JSON.stringify(name)}, undefined, { ${given.join(', ')} }); if it is an input, give options {} behind it`,
  );
}
