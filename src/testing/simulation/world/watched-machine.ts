/**
 * A machine under simulation, with all that it does noted: each command and its result, on which replicas must agree
 * (S05, S33), and the state at each snapshot and after each restoring, which is what its commands add up to (S18).
 */
import { assert } from '../../../core/assert.ts';
import type { NodeId } from '../../../core/types.ts';
import type {
  CommittedCommand,
  MachineSnapshot,
  SharedChunk,
  StateMachine,
} from '../../../ports/state-machine.ts';
import { mix } from '../checks/durable-log.ts';
import type { History } from '../checks/history.ts';
import { resultCodecOf } from '../runtime/result-codec.ts';

interface Watching {
  readonly id: NodeId;
  readonly history: History;
  /** Equal texts exactly for equal states. */
  readonly digestOf: (machine: StateMachine) => string;
  /** The state was replaced. */
  readonly restored: () => void;
  /** A snapshot has chunks of the one before. */
  readonly shared: () => void;
  /** A chunk was taken or given: there are more promises to be settled. */
  readonly settled: () => void;
}

/** It is asked for every result; those that nobody waits for are taken away after that. */
export function watched(machine: StateMachine, watching: Watching): StateMachine {
  const watcher = new Watcher(machine, watching);
  const takesSnapshots = machine.snapshot !== undefined && machine.restore !== undefined;
  return {
    apply: (batch, isTimeUp) => watcher.apply(batch, isTimeUp),
    ...resultCodecOf(machine),
    ...(takesSnapshots && {
      snapshot: () => watcher.snapshot(),
      restore: (chunks) => watcher.restore(chunks),
    }),
  };
}

class Watcher {
  readonly #machine: StateMachine;
  readonly #watching: Watching;
  /** The index of the last command that the state is made of; 0: of none. */
  #lastCommand = 0;

  constructor(machine: StateMachine, watching: Watching) {
    this.#machine = machine;
    this.#watching = watching;
  }

  apply(
    batch: readonly CommittedCommand[],
    isTimeUp: () => boolean,
  ): ReturnType<StateMachine['apply']> {
    const asked = batch.map((command) => ({ ...command, wantsResult: true }));
    const results = this.#machine.apply(asked, isTimeUp);
    if (!(results instanceof Promise)) return this.#noted(batch, results);
    return results.then((all) => this.#noted(batch, all));
  }

  snapshot(): MachineSnapshot | null {
    const view = this.#machine.snapshot?.() ?? null;
    if (view === null) return null;
    const { history, settled, shared } = this.#watching;
    const at = this.#lastCommand;
    this.#noteState();
    const ended = (bytes: number): void => history.noteSnapshot(bytes, at);
    return new WatchedSnapshot(view, { ended, settled, shared });
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { digestOf, history, id, restored, settled } = this.#watching;
    let at: number | null = null;
    const ended = (bytes: number): void => {
      at = history.snapshotOf(bytes);
    };
    const noted = hashed(chunks, { ended, settled });
    await this.#machine.restore?.(noted);
    history.noteState(id, at, digestOf(this.#machine));
    this.#lastCommand = at ?? this.#lastCommand;
    restored();
  }

  #noteState(): void {
    const { digestOf, history, id } = this.#watching;
    history.noteState(id, this.#lastCommand, digestOf(this.#machine));
  }

  #noted(batch: readonly CommittedCommand[], results: readonly unknown[]): readonly unknown[] {
    const { history, id } = this.#watching;
    this.#lastCommand = batch[results.length - 1]?.index ?? this.#lastCommand;
    return results.map((result, at) => {
      const command = batch[at];
      if (command === undefined) return result;
      history.noteApplied(id, command, result);
      return command.wantsResult ? result : undefined;
    });
  }
}

interface SnapshotListener extends Pick<Watching, 'settled' | 'shared'> {
  /** What all its bytes come to. */
  readonly ended: (hash: number) => void;
}

/** Knows all its chunks, so that it can be said of the next one, too, what its bytes are. */
class WatchedSnapshot implements MachineSnapshot {
  readonly chunksFrom?: NonNullable<MachineSnapshot['chunksFrom']>;
  readonly #view: MachineSnapshot;
  readonly #told: SnapshotListener;
  #written: readonly Uint8Array[] = [];

  constructor(view: MachineSnapshot, told: SnapshotListener) {
    this.#view = view;
    this.#told = told;
    if (view.chunksFrom !== undefined) this.chunksFrom = (base) => this.#chunksFrom(base);
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#noted(this.#view.chunks(), [])) {
      if (typeof chunk !== 'number') yield chunk;
    }
  }

  release(): void {
    this.#view.release();
  }

  #chunksFrom(base: MachineSnapshot): AsyncIterable<SharedChunk> {
    assert(base instanceof WatchedSnapshot, 'SN5: it begins from one that this machine gave');
    const chunks = this.#view.chunksFrom?.(base.#view) ?? this.#view.chunks();
    return this.#noted(chunks, base.#written);
  }

  async *#noted(
    chunks: Iterable<SharedChunk> | AsyncIterable<SharedChunk>,
    shared: readonly Uint8Array[],
  ): AsyncGenerator<SharedChunk, void, undefined> {
    const written: Uint8Array[] = [];
    for await (const chunk of chunks) {
      const bytes = typeof chunk === 'number' ? shared[chunk] : chunk;
      assert(bytes !== undefined, 'SN5: a chunk is shared that is there');
      if (typeof chunk === 'number') this.#told.shared();
      written.push(bytes.slice());
      this.#told.settled();
      yield chunk;
    }
    this.#written = written;
    for await (const _ of hashed(written, this.#told));
  }
}

/** The same chunks; says at their end what all their bytes come to, however they are cut. */
async function* hashed(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { ended, settled }: Pick<SnapshotListener, 'ended' | 'settled'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let hash = 0;
  let length = 0;
  for await (const chunk of chunks) {
    for (const byte of chunk) hash = Math.imul(hash ^ byte, 0x01000193);
    length += chunk.length;
    settled();
    yield chunk;
  }
  ended(mix(hash, length));
}
