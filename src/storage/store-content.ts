/**
 * What a store knows of its database without reading it, and how one write changes both: it turns a
 * plan into the one batch of ST1, and adopts the result once the batch is on disk. Payloads are
 * passed on as they are; only the head of a run cut by a truncation is encoded anew.
 */

import type { MembershipAt } from '../core/configuration.ts';
import { checksumOfRun, type EntryRun } from '../core/entry-run.ts';
import type { KnownPeer } from '../core/identity.ts';
import type { LogShape } from '../core/log-shape.ts';
import { lastLog } from '../core/term-runs.ts';
import { advance, type Index, nextIndex, previousIndex } from '../core/types.ts';
import type { ProvenDatabase, StoredPeer } from './directory/start-up-proof.ts';
import type { DatabaseChange } from './disk/database.ts';
import { SWEPT_RUNS_MAX } from './limits.ts';
import type { LogPlan, LogState } from './log/log-plan.ts';
import type { RunIndex } from './log/run-index.ts';
import {
  checksumOfRecord,
  encodeRecord,
  keyOfPeer,
  keyOfRun,
  putRecord,
  RECORD_KIND,
} from './records/record.ts';
import { advanceDigest, type StoreState, storedMembership } from './records/stored-values.ts';

interface StoreChange {
  readonly plan: LogPlan;
  /** What is left of the run that the plan cuts in the middle, if it does. */
  readonly head: EntryRun | null;
  readonly peers: readonly KnownPeer[];
}

export interface CutRun {
  readonly firstIndex: Index;
  /** The last index that stays. */
  readonly through: Index;
}

export class StoreContent {
  readonly #runs: RunIndex;
  readonly #peers: Map<string, StoredPeer>;
  #membershipChecksum: number;
  #shape: LogShape;
  #state: StoreState;

  constructor({ membership, runs, peers, shape, state }: ProvenDatabase) {
    this.#membershipChecksum = membership?.checksum ?? 0;
    this.#runs = runs;
    this.#peers = peers;
    this.#shape = shape;
    this.#state = state;
  }

  get state(): StoreState {
    return this.#state;
  }

  get log(): LogState {
    const { commitIndex, hardState } = this.#state;
    return { hardState, shape: this.#shape, commitIndex };
  }

  get peers(): readonly KnownPeer[] {
    return Array.from(this.#peers.values(), ({ peer }) => peer);
  }

  /** No compacted run is on disk any more. */
  get isSwept(): boolean {
    return this.#sweepable === 0;
  }

  /** The first index of the run that holds `at`, which must be in the log. */
  runHolding(at: Index): Index {
    return this.#runs.firstIndexAt(this.#runs.countBefore(nextIndex(at)) - 1);
  }

  /** The run that a cut there goes through; `null` if it falls between two runs. */
  runCutAt(cutFrom: Index): CutRun | null {
    const firstIndex = this.runHolding(cutFrom);
    return firstIndex === cutFrom ? null : { firstIndex, through: previousIndex(cutFrom) };
  }

  /** The batch for a change, and the state it leaves behind. Changes nothing here. */
  encode({ plan, head, peers }: StoreChange): { changes: DatabaseChange[]; state: StoreState } {
    const changes: DatabaseChange[] = [];
    let { digest, runs } = this.#state;
    for (const at of this.#removed(plan)) {
      changes.push({ type: 'del', key: keyOfRun(this.#runs.firstIndexAt(at)) });
      digest = advanceDigest(digest, 0, this.#runs.checksumAt(at));
      runs -= 1;
    }
    for (const run of appended(plan, head)) {
      changes.push({ type: 'put', key: keyOfRun(run.firstIndex), value: run.bytes });
      digest = advanceDigest(digest, checksumOfRun(run.bytes), 0);
      runs += 1;
    }
    if (plan.membership !== null) {
      const put = putMembership(plan.membership);
      changes.push(put);
      digest = advanceDigest(digest, checksumOfRecord(put.value), this.#membershipChecksum);
    }
    for (const peer of peers) {
      const value = encodeRecord(RECORD_KIND.peer, peer);
      changes.push({ type: 'put', key: keyOfPeer(peer.nodeId), value });
      const before = this.#peers.get(peer.nodeId)?.checksum ?? 0;
      digest = advanceDigest(digest, checksumOfRecord(value), before);
    }
    const state = this.#stateAfter(plan, { digest, runs });
    changes.push(putRecord(RECORD_KIND.state, state));
    return { changes, state };
  }

  /** Takes over what is now on disk. */
  adopt({ plan, head, peers }: StoreChange, state: StoreState): void {
    const swept = this.#swept(plan);
    this.#runs.truncate(this.#runsKept(plan));
    this.#runs.dropFirst(swept);
    if (plan.membership !== null) {
      this.#membershipChecksum = checksumOfRecord(putMembership(plan.membership).value);
    }
    for (const run of appended(plan, head)) {
      this.#runs.append(run.firstIndex, checksumOfRun(run.bytes));
    }
    for (const peer of peers) {
      const checksum = checksumOfRecord(encodeRecord(RECORD_KIND.peer, peer));
      this.#peers.set(peer.nodeId, { peer, checksum });
    }
    this.#shape = plan.after.shape;
    this.#state = state;
  }

  /** The places of the runs that a plan takes off the disk. */
  *#removed(plan: LogPlan): Generator<number> {
    const swept = this.#swept(plan);
    for (let at = 0; at < swept; at += 1) yield at;
    for (let at = this.#runsKept(plan); at < this.#runs.length; at += 1) yield at;
  }

  /** Bound: of the runs that were compacted before so many go along with a batch. */
  #swept(plan: LogPlan): number {
    return Math.min(this.#sweepable, this.#runsKept(plan), SWEPT_RUNS_MAX);
  }

  /** Runs of which no entry is behind the base. Only what an earlier batch compacted: nobody can be reading it. */
  get #sweepable(): number {
    const { base, lastIndex } = this.#shape;
    const begun = this.#runs.countBefore(advance(base.index, 2));
    const isAll = begun === this.#runs.length && lastIndex === base.index;
    return isAll ? begun : Math.max(0, begun - 1);
  }

  /** Runs that stay as they are; a run cut in the middle goes, and its head comes in its place. */
  #runsKept({ cutFrom, isRestart }: LogPlan): number {
    if (isRestart) return 0;
    if (cutFrom === null) return this.#runs.length;
    const before = this.#runs.countBefore(cutFrom);
    return this.runCutAt(cutFrom) === null ? before : before - 1;
  }

  #stateAfter(plan: LogPlan, content: Pick<StoreState, 'digest' | 'runs'>): StoreState {
    const { sequence, boots } = this.#state;
    const { commitIndex, hardState, shape } = plan.after;
    const { base } = shape;
    const places = { base, last: lastLog(shape), commitIndex };
    return { sequence: sequence + 1, boots, hardState, ...places, ...content };
  }
}

function putMembership(membership: MembershipAt): ReturnType<typeof putRecord> {
  return putRecord(RECORD_KIND.membership, storedMembership(membership));
}

function appended(plan: LogPlan, head: EntryRun | null): readonly EntryRun[] {
  return head === null ? plan.append : [head, ...plan.append];
}
