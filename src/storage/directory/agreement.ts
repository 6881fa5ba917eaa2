/**
 * Whether the parts of a data directory belong together and none has fallen behind what it promised (ST4, ST5, ST7).
 * The order of the writes decides which differences a crash may leave; all others are refused.
 */
import { type MembershipAt, members } from '../../core/configuration.ts';
import type { HardState } from '../../core/hard-state.ts';
import type { NodeIdentity } from '../../core/identity.ts';
import type { EntryId } from '../../core/types.ts';
import type { LogStoreOwner } from '../../ports/log-store.ts';
import type { Acknowledged, HardStateCopy, StoreState } from '../records/stored-values.ts';
import {
  acknowledgedLost,
  belongsTo,
  contentDiffers,
  hardStateLost,
  mixed,
  olderThanCopy,
  otherMembers,
  PART,
  restored,
  runTooLarge,
  twoVotes,
} from '../refusals.ts';
import type { ProvenDatabase } from './start-up-proof.ts';

interface DirectoryParts {
  readonly directory: string;
  readonly identity: NodeIdentity;
  readonly database: ProvenDatabase;
  /** What the two slot files hold, the newer slot of each. */
  readonly hardState: HardStateCopy;
  readonly acknowledged: Acknowledged;
}

interface Stored extends Pick<ProvenDatabase, 'configuration' | 'configurations' | 'largestRun'> {
  /** What is in force where the log begins; `null`: that of the founding. */
  readonly membership: MembershipAt | null;
}

/** Throws a refusal unless the parts are one directory at one moment. */
export function requireAgreement(parts: DirectoryParts): void {
  requireOneDirectory(parts);
  requireNewest(parts);
  requireOneVote(parts);
  requireOneMoment(parts);
}

/** ST5: a store made for someone else is refused. */
export function requireOwn(place: string, found: NodeIdentity, owner: LogStoreOwner): void {
  const isOwn = found.clusterId === owner.clusterId && found.nodeId === owner.nodeId;
  if (!isOwn) throw belongsTo(place, found, owner);
}

/**
 * CF5: whoever names other members than those at the founding, or those of now, means another cluster, and must not be
 * half in this one and half in that; whoever joins names none. CF8: what
 * was written under larger limits must still fit what this node may send.
 */
export function requireFit(
  place: string,
  { configuration, configurations, largestRun, membership }: Stored,
  { founding, runBytesMax = Number.POSITIVE_INFINITY }: LogStoreOwner,
): void {
  const newest = configurations.at(-1) ?? membership;
  const present = members(newest?.configuration ?? configuration);
  const named = members(founding);
  const isKnown =
    named.length === 0 ||
    [present, members(configuration)].some((known) => known.join() === named.join());
  if (!isKnown) throw otherMembers(place, present, named);
  if (largestRun > runBytesMax) throw runTooLarge(place, largestRun, runBytesMax);
}

function requireOneDirectory(parts: DirectoryParts): void {
  const { directory, identity, database, hardState, acknowledged } = parts;
  const { clusterId, nodeId, incarnation } = database.identity;
  const isSame = clusterId === identity.clusterId && nodeId === identity.nodeId;
  if (!isSame || incarnation !== identity.incarnation) throw mixed(directory, PART.log);
  if (hardState.incarnation !== identity.incarnation) throw mixed(directory, PART.hardState);
  if (acknowledged.incarnation !== identity.incarnation) throw mixed(directory, PART.acknowledged);
}

/** ID1: a start counts itself in the database first; a crash may keep it from `identity.json`. */
function requireOneMoment({ directory, identity, database }: DirectoryParts): void {
  const ahead = database.state.boots - identity.boots;
  if (ahead !== 0 && ahead !== 1) {
    throw restored(directory, { identity: identity.boots, log: database.state.boots });
  }
}

/** ST4, ST7: every write reaches the database before it reaches the copy and the marker. */
function requireNewest({ directory, database, hardState, acknowledged }: DirectoryParts): void {
  const { state } = database;
  if (acknowledged.sequence > state.sequence) {
    throw acknowledgedLost(directory, state.last, acknowledged.last);
  }
  const isSameWrite = acknowledged.sequence === state.sequence;
  if (isSameWrite && !isSameEntry(acknowledged.last, state.last)) {
    throw contentDiffers(directory, state.last);
  }
  if (isWriteBefore(state, hardState)) return;
  if (isNewer(hardState.hardState, state.hardState)) {
    const terms = { log: state.hardState.term, copy: hardState.hardState.term };
    throw hardStateLost(directory, terms);
  }
  if (hardState.sequence > state.sequence) throw olderThanCopy(directory);
}

/**
 * ST4: where term and vote were all that a write changed, it was made in both places at once, and a crash may have left it in the
 * copy alone. Nothing else is in it that could be lost, so that the copy is believed.
 */
function isWriteBefore(state: StoreState, copy: HardStateCopy): boolean {
  const isNext = copy.isAlone && copy.sequence === state.sequence + 1;
  return isNext && isNewer(copy.hardState, state.hardState);
}

/** The state as the copy has it, if that is the newer one (ST4), as if its write had reached the log as well. */
export function withCopy(state: StoreState, copy: HardStateCopy): StoreState {
  if (!isWriteBefore(state, copy)) return state;
  const { hardState, sequence } = copy;
  return { ...state, hardState, sequence };
}

/** ST4: the copy may be a write behind; it is never of another opinion. */
function requireOneVote({ directory, database, hardState }: DirectoryParts): void {
  const log = database.state.hardState;
  const copy = hardState.hardState;
  if (log.term !== copy.term || log.votedFor === null || copy.votedFor === null) return;
  if (log.votedFor === copy.votedFor) return;
  throw twoVotes(directory, log.term, { log: log.votedFor, copy: copy.votedFor });
}

function isNewer(left: HardState, right: HardState): boolean {
  if (left.term !== right.term) return left.term > right.term;
  return left.votedFor !== null && right.votedFor === null;
}

function isSameEntry(left: EntryId, right: EntryId): boolean {
  return left.index === right.index && left.term === right.term;
}
