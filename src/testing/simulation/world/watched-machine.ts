/**
 * A machine under simulation, with all that it does noted: each command and its result, on which replicas must agree
 * (S05, S33), and the state at each snapshot and after each restoring, which is what its commands add up to (S18).
 */
import type { NodeId } from '../../../core/types.ts';
import type {
  CommittedCommand,
  MachineSnapshot,
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
    const { history } = this.#watching;
    const at = this.#lastCommand;
    this.#noteState();
    return {
      chunks: () => hashed(view.chunks(), (bytes) => history.noteSnapshot(bytes, at)),
      release: () => view.release(),
    };
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { digestOf, history, id, restored } = this.#watching;
    let at: number | null = null;
    const noted = hashed(chunks, (bytes) => {
      at = history.snapshotOf(bytes);
    });
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

/** The same chunks; says at their end what all their bytes come to, however they are cut. */
async function* hashed(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ended: (hash: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let hash = 0;
  let length = 0;
  for await (const chunk of chunks) {
    for (const byte of chunk) hash = Math.imul(hash ^ byte, 0x01000193);
    length += chunk.length;
    yield chunk;
  }
  ended(mix(hash, length));
}
