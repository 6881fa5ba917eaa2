/**
 * Feeds the state machine: decodes committed runs, hands over the commands, and remembers how far it came. It works
 * in slices, so that whatever the log holds, the event loop gets its turn (AP2): whoever drives it calls `slice`
 * again in a later turn while `hasMore`. The applier chart says when.
 */
import { assert } from '../../core/assert.ts';
import { ENTRY_KIND, type EntryRun, entriesOf } from '../../core/entry-run.ts';
import { APPLY_HANDFUL_COMMANDS, APPLY_SLICE_MS } from '../../core/limits.ts';
import { type Index, nextIndex, type Term } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CommittedEntry, StateMachine } from '../../ports/state-machine.ts';
import type { NodeInstruments } from '../instruments.ts';
import type { ApplyProgress } from '../tree/recovery.ts';

/** Those who propose here: who waits for what, and where results go. */
export interface ResultTaker {
  /** True if someone waits for exactly this entry. */
  expects(index: Index, term: Term): boolean;
  /** Called for every entry, in order; `result` means something only where it was expected. */
  resolve(index: Index, term: Term, result: unknown): void;
}

interface ApplyingOptions {
  readonly machine: EntryMachine;
  readonly progress: ApplyProgress;
  readonly taker: ResultTaker;
  readonly clock: Pick<Clock, 'now'>;
  readonly instruments?: NodeInstruments | undefined;
}

interface PendingCommand extends CommittedEntry {
  wantsResult: boolean;
}

/** What feeds on the log: a machine, or sessions around one. */
interface EntryMachine {
  apply(
    batch: readonly CommittedEntry[],
    isTimeUp: () => boolean,
  ): ReturnType<StateMachine['apply']>;
}

export class Applying {
  readonly #options: ApplyingOptions;
  readonly #isTimeUp = (): boolean => this.#askTime();
  #takenTimeMs: number;
  #bytes = 0;
  readonly #progress: ApplyProgress;
  #count = 0;
  #sliceEndsMs = 0;
  /** The machine asked for the time, and so may have left the rest of what it was given. */
  #wasAsked = false;
  /** How many commands are handed over at once: fewer after slow ones. */
  #handful = APPLY_HANDFUL_COMMANDS.first;
  /** What is being applied: runs, the commands of those that were decoded, and how many of each are behind us. */
  #runs: readonly EntryRun[] = [];
  #commands: PendingCommand[] = [];
  #runsDone = 0;
  #runsDecoded = 0;
  #commandsDone = 0;

  constructor(options: ApplyingOptions) {
    this.#options = options;
    this.#progress = options.progress;
    this.#takenTimeMs = options.progress.timeMs;
  }

  get lastApplied(): Index {
    return this.#progress.lastApplied;
  }

  /** The time of what was applied last. */
  get timeMs(): number {
    return this.#progress.timeMs;
  }

  /** Of the runs that were applied since the start. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many commands were applied since the start. */
  get count(): number {
    return this.#count;
  }

  /** True while a part of what was taken is not applied. */
  get hasMore(): boolean {
    return this.#runsDone < this.#runs.length;
  }

  /** Takes contiguous runs, the next ones of the log, to be applied by `slice`. */
  take(runs: readonly EntryRun[]): void {
    assert(!this.hasMore, 'CM4: one batch is applied at a time');
    assert(
      runs[0]?.firstIndex === this.#progress.lastApplied + 1,
      'CM4: entries are applied once and in order',
    );
    this.#runs = runs;
    this.#commands = [];
    this.#runsDone = 0;
    this.#runsDecoded = 0;
    this.#commandsDone = 0;
  }

  /** Applies until all is applied or time is up, at least one command; returns a promise only if the machine does. */
  slice(): void | Promise<void> {
    this.#sliceEndsMs = this.#options.clock.now() + APPLY_SLICE_MS;
    return this.#applyOn();
  }

  /** IS3: the machine was restored from a snapshot, and what comes next is what comes behind it. */
  moveTo(lastApplied: Index, timeMs: number): void {
    assert(!this.hasMore, 'IS3: no batch is with a machine that is restored');
    assert(lastApplied > this.#progress.lastApplied, 'CM4: what was applied is never taken back');
    Object.assign(this.#progress, { lastApplied, handedOver: lastApplied });
    this.#progress.timeMs = Math.max(this.#progress.timeMs, timeMs);
    this.#takenTimeMs = this.#progress.timeMs;
  }

  /** FS2, AP2: nothing more is applied, and what a machine still promises is told to nobody. */
  end(): void {
    this.#runs = [];
    this.#commands = [];
  }

  #askTime(): boolean {
    const { clock, instruments } = this.#options;
    this.#wasAsked = true;
    return clock.now() >= this.#sliceEndsMs || instruments?.cutsSlice?.() === true;
  }

  #applyOn(): void | Promise<void> {
    while (this.hasMore) {
      const handful = this.#nextHandful();
      const beganMs = this.#options.clock.now();
      const results =
        handful.length === 0 ? [] : this.#options.machine.apply(handful, this.#isTimeUp);
      if (results instanceof Promise) {
        return results.then((all) => {
          if (this.#applied(handful, all)) return this.#applyOn();
        });
      }
      this.#adapt(results.length, this.#options.clock.now() - beganMs);
      if (!this.#applied(handful, results)) return;
    }
  }

  /** AP1: asked here and not before, since a caller may have come meanwhile, or have given up. */
  #nextHandful(): readonly CommittedEntry[] {
    this.#decode();
    const from = this.#commandsDone;
    const through = from + this.#handful;
    const isAll = from === 0 && through >= this.#commands.length;
    const handful = isAll ? this.#commands : this.#commands.slice(from, through);
    for (const command of handful) {
      command.wantsResult = this.#options.taker.expects(command.index, command.term);
    }
    this.#progress.handedOver = handful.at(-1)?.index ?? this.#progress.lastApplied;
    this.#wasAsked = false;
    return handful;
  }

  /** Bound: runs are decoded as they are needed, no more than a handful takes and at least one: a batch may hold many. */
  #decode(): void {
    if (this.#commands.length - this.#commandsDone >= this.#handful) return;
    if (this.#runsDecoded === this.#runs.length) return;
    this.#commands = this.#commands.slice(this.#commandsDone);
    this.#commandsDone = 0;
    while (this.#commands.length < this.#handful) {
      const run = this.#runs[this.#runsDecoded];
      if (run === undefined) return;
      this.#runsDecoded += 1;
      this.#decodeRun(run);
    }
  }

  /** The first entry that must not be settled yet: the next command, or what is not decoded. */
  get #unsettledIndex(): number {
    const command = this.#commands[this.#commandsDone] ?? null;
    const run = this.#runs[this.#runsDecoded] ?? null;
    return command?.index ?? run?.firstIndex ?? Number.POSITIVE_INFINITY;
  }

  /** Returns whether the slice may go on. */
  #applied(handful: readonly CommittedEntry[], results: readonly unknown[]): boolean {
    if (!this.hasMore) return false;
    const isWhole = results.length === handful.length;
    const isCut = this.#wasAsked && results.length > 0 && results.length < handful.length;
    assert(isWhole || isCut, 'EM1: a machine returns one result for each command');
    this.#settle(results);
    return isWhole && !this.#isTimeUp();
  }

  /** Tells everyone of the entries through the last command applied, and of those after it that are none. */
  #settle(results: readonly unknown[]): void {
    const taken = this.#commandsDone;
    this.#commandsDone += results.length;
    this.#count += results.length;
    const untilIndex = this.#unsettledIndex;
    let done = taken;
    while (this.hasMore && this.#progress.lastApplied + 1 < untilIndex) {
      const index = nextIndex(this.#progress.lastApplied);
      const isCommand = this.#commands[done]?.index === index;
      this.#settleOne(index, isCommand ? results[done - taken] : undefined);
      if (isCommand) done += 1;
    }
    this.#progress.handedOver = this.#progress.lastApplied;
    if (this.hasMore) return;
    this.#runs = [];
    this.#commands = [];
  }

  #settleOne(index: Index, result: unknown): void {
    const run = this.#runs[this.#runsDone];
    assert(run !== undefined && index <= run.lastIndex, 'CM4: an applied entry lies in its run');
    this.#progress.lastApplied = index;
    this.#progress.timeMs = Math.max(this.#progress.timeMs, run.timeMs);
    if (index === run.lastIndex) {
      this.#runsDone += 1;
      this.#bytes += run.bytes.length;
    }
    this.#options.taker.resolve(index, run.term, result);
  }

  /** Bound: a machine that does not look at the time is given no more than it should manage in a slice. */
  #adapt(applied: number, tookMs: number): void {
    if (applied === 0) return;
    const fitting = Math.floor((applied * APPLY_SLICE_MS) / tookMs);
    const grown = Math.min(this.#handful * 2, APPLY_HANDFUL_COMMANDS.max);
    this.#handful = Math.max(1, Math.min(grown, fitting));
  }

  /** Bound by its run: the data of a command is a view into it. Time never falls along the log. */
  #decodeRun(run: EntryRun): void {
    this.#takenTimeMs = Math.max(this.#takenTimeMs, run.timeMs);
    const { term, firstIndex } = run;
    const timeMs = this.#takenTimeMs;
    let index = firstIndex;
    for (const { kind, data } of entriesOf(run)) {
      const isOfSession = kind === ENTRY_KIND.session;
      if (isOfSession || kind === ENTRY_KIND.command) {
        this.#commands.push({ index, term, timeMs, data, wantsResult: false, isOfSession });
      }
      index = nextIndex(index);
    }
  }
}
