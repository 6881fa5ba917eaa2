/**
 * Those who want a snapshot of this member on disk that holds all that was applied when they asked, and those who want its
 * state for themselves. Bound: `SNAPSHOT_CALLS_MAX` of each.
 */
import { RaftError } from '../../core/errors.ts';
import type { Index } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CaptureOutcome, SnapshotOutcome } from '../../ports/replica.ts';
import type { SnapshotStore } from '../../ports/snapshot-store.ts';
import type { Applying } from '../deeds/applying.ts';
import type { Snapshots } from '../deeds/snapshots.ts';
import { SNAPSHOT_CALLS_MAX } from '../limits.ts';
import type { Actors } from '../tree/actors.ts';
import type { End } from '../tree/endings.ts';
import { overloaded } from './call-errors.ts';

interface Call {
  /** What it has to hold. */
  readonly index: Index;
  readonly timer: unknown;
  readonly completed: (outcome: SnapshotOutcome) => void;
}

type Capture = (outcome: CaptureOutcome) => void;

interface SnapshotCallsOptions {
  readonly actors: Pick<Actors, 'tellSnapshotter'>;
  readonly applying: Pick<Applying, 'lastApplied'>;
  readonly clock: Pick<Clock, 'clearTimeout' | 'defer' | 'setTimeout' | 'yield'>;
  readonly snapshots: Pick<Snapshots, 'captureFor' | 'refusal'>;
  readonly store: Pick<SnapshotStore, 'newest'>;
}

export class SnapshotCalls {
  readonly #options: SnapshotCallsOptions;
  readonly #calls = new Set<Call>();
  readonly #captures = new Set<Capture>();

  constructor(options: SnapshotCallsOptions) {
    this.#options = options;
  }

  /** SH6: calls back once, never during the call. */
  add(timeoutMs: number, completed: Call['completed']): void {
    const { actors, applying, clock } = this.#options;
    if (this.#calls.size >= SNAPSHOT_CALLS_MAX) {
      const error = overloaded('callers for a snapshot');
      return clock.defer(() => completed({ type: 'failed', error }));
    }
    const call: Call = {
      index: applying.lastApplied,
      timer: clock.setTimeout(() => this.#fail(call, notInTime()), timeoutMs),
      completed,
    };
    this.#calls.add(call);
    if (!this.#isHeld(call)) return actors.tellSnapshotter({ type: 'snapshot.wanted' });
    clock.defer(() => this.ended());
  }

  /**
   * BK1: calls back once, never during the call. In a turn of its own: then the state and how far it has come are of one
   * moment, also where another member's state was just put in its place.
   */
  capture(completed: Capture): void {
    const { clock, snapshots } = this.#options;
    if (this.#captures.size >= SNAPSHOT_CALLS_MAX) {
      const error = overloaded('callers for the state');
      return clock.defer(() => completed({ type: 'failed', error }));
    }
    this.#captures.add(completed);
    clock.yield(() => {
      if (!this.#captures.has(completed)) return;
      snapshots.captureFor((outcome) => this.#captured(completed, outcome));
    });
  }

  /** One was taken, or was not; whoever came too late for it waits for the next. */
  ended(): void {
    const { actors, snapshots } = this.#options;
    for (const call of [...this.#calls]) {
      if (this.#isHeld(call)) this.#done(call);
      else if (snapshots.refusal !== null) this.#fail(call, snapshots.refusal);
    }
    if (this.#calls.size > 0) actors.tellSnapshotter({ type: 'snapshot.wanted' });
  }

  end({ refusal }: Pick<End, 'refusal'>): void {
    for (const call of [...this.#calls]) this.#fail(call, refusal);
    for (const completed of [...this.#captures]) {
      this.#options.clock.defer(() => completed({ type: 'failed', error: refusal }));
    }
    this.#captures.clear();
  }

  /** Whoever was told meanwhile that the node has ended takes no view, and would not release it. */
  #captured(completed: Capture, outcome: CaptureOutcome): void {
    if (this.#captures.delete(completed)) completed(outcome);
    else if (outcome.type === 'captured') outcome.state.view.release();
  }

  /** Of an empty log there is no snapshot (E12). */
  #isHeld({ index }: Call): boolean {
    const newest = this.#options.store.newest?.lastEntry.index ?? 0;
    return newest > 0 && newest >= index;
  }

  #done(call: Call): void {
    const { newest } = this.#options.store;
    if (newest === null) return;
    const { bytes, lastEntry } = newest;
    this.#settle(call, { type: 'taken', index: lastEntry.index, bytes });
  }

  #fail(call: Call, error: RaftError): void {
    this.#settle(call, { type: 'failed', error });
  }

  #settle(call: Call, outcome: SnapshotOutcome): void {
    if (!this.#calls.delete(call)) return;
    const { clock } = this.#options;
    clock.clearTimeout(call.timer);
    clock.defer(() => call.completed(outcome));
  }
}

function notInTime(): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    'the snapshot was not complete in time: it may yet be; see snapshotIndex in the status, or ask again',
    { retry: 'safe' },
  );
}
