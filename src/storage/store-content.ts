/**
 * What a store knows of its database without reading it, and how one write changes both: it turns a
 * plan into the one batch of ST1, and adopts the result once the batch is on disk. Payloads are
 * passed on as they are; only the head of a run cut by a truncation is encoded anew.
 */
import { checksumOfRun, type EntryRun } from '../core/entry-run.ts';
import type { KnownPeer } from '../core/identity.ts';
import type { LogShape } from '../core/log-shape.ts';
import { lastLog } from '../core/term-runs.ts';
import { type Index, nextIndex, previousIndex } from '../core/types.ts';
import type { ProvenDatabase, StoredPeer } from './directory/start-up-proof.ts';
import type { DatabaseChange } from './disk/database.ts';
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
import { advanceDigest, type StoreState } from './records/stored-values.ts';

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
  #shape: LogShape;
  #state: StoreState;

  constructor({ runs, peers, shape, state }: ProvenDatabase) {
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
    for (let at = this.#runsKept(plan); at < this.#runs.length; at += 1) {
      changes.push({ type: 'del', key: keyOfRun(this.#runs.firstIndexAt(at)) });
      digest = advanceDigest(digest, 0, this.#runs.checksumAt(at));
      runs -= 1;
    }
    for (const run of appended(plan, head)) {
      changes.push({ type: 'put', key: keyOfRun(run.firstIndex), value: run.bytes });
      digest = advanceDigest(digest, checksumOfRun(run.bytes), 0);
      runs += 1;
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
    this.#runs.truncate(this.#runsKept(plan));
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

  /** Runs that stay as they are; a run cut in the middle goes, and its head comes in its place. */
  #runsKept({ cutFrom }: LogPlan): number {
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

function appended(plan: LogPlan, head: EntryRun | null): readonly EntryRun[] {
  return head === null ? plan.append : [head, ...plan.append];
}
