/**
 * Puts a snapshot of another member in the place of this one's log and state (§5.2), in an order that a crash may end
 * anywhere: it is made whole on disk, the log begins behind it, the state machine is restored from it (IS2, IS3, E3).
 */
import { assert } from '../../core/assert.ts';
import { membershipOf } from '../../core/configuration-entry.ts';
import type { EntryRun } from '../../core/entry-run.ts';
import type { SnapshotOffer } from '../../core/message.ts';
import { type Index, type NodeId, previousIndex } from '../../core/types.ts';
import type { LogStore } from '../../ports/log-store.ts';
import type { StoredSnapshot } from '../../ports/snapshot-store.ts';
import { holdsSnapshot, holdsThrough } from '../../rules/installation.ts';
import type { SessionMachine } from '../../sessions/session-machine.ts';
import type { Applying } from '../deeds/applying.ts';
import type { Disk } from '../deeds/disk.ts';
import type { Clients } from '../requests/clients.ts';
import { type Actors, raftOf } from '../tree/actors.ts';
import { storageFailed } from '../tree/failures.ts';
import { restoreMachine } from '../tree/recovery.ts';
import type { Pulling } from './pulling.ts';

interface InstallingOptions {
  readonly actors: Pick<Actors, 'raft' | 'tellApplier' | 'tellRaft' | 'tellSnapshotReceiver'>;
  readonly applying: Pick<Applying, 'moveTo'>;
  readonly clients: Pick<Clients, 'covered'>;
  readonly disk: Pick<Disk, 'sendWhenDurable'>;
  readonly machine: SessionMachine;
  readonly pulling: Pulling;
  readonly store: LogStore;
  /** Hears how far the machine has come. */
  readonly applied: (lastApplied: Index) => void;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
}

export class Installing {
  readonly #options: InstallingOptions;
  /** Whole on disk, and not in place yet. */
  #whole: StoredSnapshot | null = null;
  #hasEnded = false;

  constructor(options: InstallingOptions) {
    this.#options = options;
  }

  /** IS1, E5: whoever holds it says so, at each offer: the leader waits for that. */
  offered(from: NodeId, message: SnapshotOffer, runs: readonly EntryRun[]): void {
    const { actors, disk, pulling } = this.#options;
    const raft = raftOf(actors);
    const { lastEntry } = message;
    if (!holdsSnapshot(raft, lastEntry)) return pulling.offered(from, snapshotOf(message, runs));
    const answer = holdsThrough(raft, lastEntry);
    disk.sendWhenDurable({ type: 'send', to: from, message: answer });
  }

  /** IS2 */
  install(): void {
    const { actors, pulling, run } = this.#options;
    const { writer } = pulling;
    assert(writer !== null, 'IS2: what is installed was fetched');
    writer.finish().then(
      (whole) => run(() => this.#follow(whole)),
      (cause: unknown) =>
        run(() => {
          const error = storageFailed(cause);
          if (!this.#hasEnded) actors.tellSnapshotReceiver({ type: 'snapshot.failed', error });
        }),
    );
  }

  /** IS3: no batch is with the state machine. */
  restore(): void {
    const { actors, run } = this.#options;
    const whole = this.#whole;
    assert(whole !== null, 'IS3: what is restored is whole on disk');
    restoreMachine(this.#options, whole).then(
      () => run(() => this.#restored(whole)),
      (error: unknown) => run(() => actors.tellApplier({ type: 'apply.failed', error })),
    );
  }

  end(): void {
    this.#hasEnded = true;
  }

  /** SN3: what is not what its sender said it was is forgotten; the next offer begins it again. */
  #follow(whole: StoredSnapshot | null): void {
    const { actors } = this.#options;
    if (whole === null) return actors.tellSnapshotReceiver({ type: 'install.ended' });
    const { lastEntry, membership } = whole;
    // All that it holds came otherwise meanwhile, and is applied from the log: asked as the chart asks it, since where the
    // log begins does not tell. An own snapshot of the same end may have cut it there.
    if (holdsSnapshot(raftOf(actors), lastEntry)) {
      return actors.tellSnapshotReceiver({ type: 'install.ended' });
    }
    this.#whole = whole;
    actors.tellRaft({ type: 'snapshot.received', lastEntry, membership });
  }

  #restored({ lastEntry, timeMs }: StoredSnapshot): void {
    const { actors, applied, applying, clients } = this.#options;
    const { index } = lastEntry;
    applying.moveTo(index, timeMs);
    clients.covered(index);
    actors.tellApplier({ type: 'restore.completed', throughIndex: index });
    actors.tellSnapshotReceiver({ type: 'install.ended' });
    applied(index);
  }
}

/** The members stand one behind their place (`SnapshotOffer`). */
function snapshotOf(message: SnapshotOffer, [run]: readonly EntryRun[]): StoredSnapshot {
  const { bytes, checksum, chunkCount, lastEntry, timeMs } = message;
  const members = run === undefined ? null : membershipOf(run);
  assert(run !== undefined && members !== null, 'TR5: a snapshot is offered with its members');
  const membership = { ...members, index: previousIndex(run.firstIndex) };
  return { lastEntry, membership, timeMs, chunkCount, bytes, checksum };
}
