/** One run on its stage, and everything that is seen of it, step by step: what the worker of the playground does. */
import type { PageRecord } from '../../page/stream/page-record.ts';
import type { Deed } from '../run/run.ts';
import { StageHand } from './stage-hand.ts';
import type { SteppedRun } from './stepped-run.ts';

/** What was seen since the last beat. */
export interface Beat {
  /** Steps taken since the start. */
  readonly step: number;
  /** Of the run, in milliseconds since its start. */
  readonly nowMs: number;
  readonly records: readonly PageRecord[];
  /** Of each record: how many steps had been taken when it was told. */
  readonly steps: readonly number[];
  /** The property that does not hold, in words; `null`: all hold so far. */
  readonly broken: string | null;
  readonly hash: string;
  readonly isOver: boolean;
}

/** Whichever comes first. */
export interface Until {
  readonly step?: number;
  readonly nowMs?: number;
}

/** Bound: records of one beat. Whoever wants to go further asks again. */
const RECORDS_MAX = 2_000;

/** Begins a run that waits; `look` is called after each of its steps. */
export type Start = (look: () => void) => SteppedRun;

export class Theatre {
  readonly #run: SteppedRun;
  readonly #stageHand: StageHand;
  #records: PageRecord[] = [];
  #steps: number[] = [];

  constructor(start: Start) {
    this.#run = start(() => this.#look());
    this.#stageHand = new StageHand(this.#run.nowMs, (record) => this.#hear(record));
  }

  /** Goes on until then, or until there is much to tell; a step at least, unless it is over. */
  async advance({ step = Number.POSITIVE_INFINITY, nowMs }: Until): Promise<Beat> {
    const { gate, nowMs: now } = this.#run;
    const endMs = nowMs ?? Number.POSITIVE_INFINITY;
    await gate.letPass(
      () => gate.step < step && now() < endMs && this.#records.length < RECORDS_MAX,
    );
    return this.#beat();
  }

  /** Before the next step. Throws if this run takes no deeds. */
  perform(deed: Deed): void {
    const { perform } = this.#run;
    if (perform === undefined) throw new RangeError('nothing can be done by hand in this run');
    perform(deed);
  }

  /** Nobody watches any more. */
  async close(): Promise<void> {
    this.#run.gate.abandon();
    await this.#run.finished;
  }

  #look(): void {
    const { members, showNodes, takeNotes } = this.#run;
    this.#stageHand.look(members());
    showNodes?.();
    for (const { atMs, ...note } of takeNotes()) this.#hear({ type: 'note', at: atMs, ...note });
  }

  #hear(record: PageRecord): void {
    this.#records.push(record);
    this.#steps.push(this.#run.gate.step);
  }

  #beat(): Beat {
    const { broken, gate, hash, nowMs } = this.#run;
    const [records, steps] = [this.#records, this.#steps];
    [this.#records, this.#steps] = [[], []];
    return {
      step: gate.step,
      nowMs: nowMs(),
      records,
      steps,
      broken: broken(),
      hash: hash(),
      isOver: gate.isOver,
    };
  }
}
