/**
 * Feeds the state machine: decodes committed runs, hands over the commands, and remembers how far it came.
 * The applier chart says when.
 */
import { assert } from '../core/assert.ts';
import { ENTRY_KIND, type EntryRun, entriesOf } from '../core/entry-run.ts';
import { advance, type Index, nextIndex, type Term } from '../core/types.ts';
import type { CommittedCommand, StateMachine } from '../ports/state-machine.ts';

export class Applying {
  readonly #machine: StateMachine;
  readonly #resolve: (index: Index, term: Term, result: unknown) => void;
  #timeMs = 0;
  #lastApplied: Index;
  #count = 0;
  #hasEnded = false;

  constructor(
    machine: StateMachine,
    lastApplied: Index,
    resolve: (index: Index, term: Term, result: unknown) => void,
  ) {
    this.#machine = machine;
    this.#lastApplied = lastApplied;
    this.#resolve = resolve;
  }

  get lastApplied(): Index {
    return this.#lastApplied;
  }

  /** How many commands were applied since the start. */
  get count(): number {
    return this.#count;
  }

  /** FS2: what a machine still promises is told to nobody. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Applies contiguous runs; returns a promise only if the machine does. */
  apply(runs: readonly EntryRun[]): void | Promise<void> {
    const first = runs[0];
    assert(
      first?.firstIndex === this.#lastApplied + 1,
      'CM4: entries are applied once and in order',
    );
    const commands = runs.flatMap((run) => this.#commandsOf(run));
    const results = commands.length === 0 ? [] : this.#machine.apply(commands);
    if (results instanceof Promise)
      return results.then((all) => this.#applied(runs, commands, all));
    this.#applied(runs, commands, results);
  }

  #applied(
    runs: readonly EntryRun[],
    commands: readonly CommittedCommand[],
    results: readonly unknown[],
  ): void {
    if (this.#hasEnded) return;
    assert(
      results.length === commands.length,
      'EM1: a machine returns one result for each command',
    );
    this.#count += commands.length;
    let at = 0;
    for (const run of runs) {
      for (let index = run.firstIndex; index <= run.lastIndex; index = nextIndex(index)) {
        const isCommand = commands[at]?.index === index;
        this.#resolve(index, run.term, isCommand ? results[at] : undefined);
        if (isCommand) at += 1;
      }
      this.#lastApplied = run.lastIndex;
    }
  }

  /** Bound by its run: the data of a command is a view into it. Time never falls along the log. */
  #commandsOf(run: EntryRun): readonly CommittedCommand[] {
    this.#timeMs = Math.max(this.#timeMs, run.timeMs);
    const { term, firstIndex } = run;
    const timeMs = this.#timeMs;
    return entriesOf(run).flatMap(({ kind, data }, offset) =>
      kind === ENTRY_KIND.command
        ? [{ index: advance(firstIndex, offset), term, timeMs, data }]
        : [],
    );
  }
}
