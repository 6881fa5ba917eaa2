/** Entries into the log: their bytes into memory and, when the log-writer chart says so, onto the disk. */
import { assert, unreachable } from '../../core/assert.ts';
import { encodeConfigurationRun } from '../../core/configuration-entry.ts';
import type { MoveBase, Persist, PersistAppend } from '../../core/effect.ts';
import {
  ENTRY_KIND,
  type EntryRun,
  encodeRun,
  type RunStart,
  sliceRun,
} from '../../core/entry-run.ts';
import { INDEX_ZERO } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Actors, raftOf } from '../tree/actors.ts';
import { storageFailed } from '../tree/failures.ts';
import type { Timings } from '../view/timings.ts';
import type { Disk } from './disk.ts';
import type { LogTail } from './log-tail.ts';

interface LogWritingOptions {
  readonly actors: Pick<
    Actors,
    'raft' | 'tellLogWriter' | 'tellApplier' | 'tellRaft' | 'tellSnapshotter'
  >;
  readonly clock: Pick<Clock, 'wallTimeMs'>;
  readonly disk: Disk;
  readonly tail: LogTail;
  readonly timings: Pick<Timings, 'appended' | 'synced'>;
  /** So many of the commands that wait leave for the run that begins there; whoever waits for them learns where they are. */
  readonly appendProposed: (start: RunStart, count: number) => EntryRun;
  /** Hears of each run of this leader. */
  readonly appended: (run: EntryRun) => void;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
}

export class LogWriting {
  readonly #options: LogWritingOptions;

  constructor(options: LogWritingOptions) {
    this.#options = options;
  }

  /**
   * Gathers the write with the bytes it is about, keeps them at hand, and asks for a flush: once for each batch, and
   * only when all of this step is done. So a leader's messages leave before its own write begins (§10.2.1), and the
   * newer term that a vote comes with is on disk with the vote. `received`: what came beside this step's message.
   */
  persist(effect: Persist, received: readonly EntryRun[]): void {
    const { actors, appended, disk, run, tail } = this.#options;
    const { append, truncateFrom } = effect;
    const runs = append === null ? [] : this.#runsOf(append, received);
    if (truncateFrom !== null) tail.truncateFrom(truncateFrom);
    tail.append(runs);
    if (append !== null && append.source !== 'received') runs.forEach(appended);
    const isFirst = disk.gather(effect, runs);
    if (isFirst) run(() => actors.tellLogWriter({ type: 'write.requested' }));
  }

  /** LR19: gathered in its place among the other writes. What of the log is at hand and no part of it any more goes at once. */
  moveBase(effect: MoveBase): void {
    const { actors, disk, run, tail } = this.#options;
    if (effect.operation === 'restart') tail.clear();
    const isFirst = disk.gatherBase(effect);
    if (effect.operation === 'restart') actors.tellApplier({ type: 'restore.requested' });
    else disk.whenDurable(() => actors.tellSnapshotter({ type: 'log.compacted' }));
    if (isFirst) run(() => actors.tellLogWriter({ type: 'write.requested' }));
  }

  /** ST9: a failed write halts the node; nothing that waited for it is ever said. */
  flush(batch: number): void {
    const { actors, disk, tail, timings } = this.#options;
    disk.flush((outcome) => {
      timings.synced(disk.writingForMs);
      if (outcome instanceof Error) {
        return actors.tellLogWriter({ type: 'write.failed', error: storageFailed(outcome) });
      }
      disk.releaseHeld();
      actors.tellLogWriter({ type: 'write.completed', batch });
      actors.tellRaft({ type: 'disk.durable', ...outcome });
      // Not the end of the write: what it held there may have been overwritten meanwhile (LR18, PS5).
      tail.trim(actors.raft?.durableIndex ?? INDEX_ZERO);
    });
  }

  #runsOf(
    { firstIndex, lastIndex, membership, source }: PersistAppend,
    received: readonly EntryRun[],
  ): readonly EntryRun[] {
    const { actors, clock, appendProposed, timings } = this.#options;
    const start = { term: raftOf(actors).term, firstIndex, timeMs: clock.wallTimeMs() };
    switch (source) {
      case 'noop':
        return [encodeRun(start, [{ kind: ENTRY_KIND.noop, data: new Uint8Array(0) }])];
      case 'configuration':
        assert(membership !== undefined, 'MC2: a configuration entry says who the members are');
        return [encodeConfigurationRun(start, membership)];
      case 'proposed':
        timings.appended(lastIndex);
        return [appendProposed(start, lastIndex - firstIndex + 1)];
      case 'received': {
        const fresh = received.filter((run) => run.lastIndex >= firstIndex);
        assert(
          fresh.at(-1)?.lastIndex === lastIndex,
          'LR9: the message of this step holds what is appended',
        );
        return fresh.map((run) => sliceRun(run, firstIndex, lastIndex));
      }
      default:
        return unreachable(source);
    }
  }
}
