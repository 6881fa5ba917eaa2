/**
 * Shows one run: lets it go on as fast as one likes, one step, or back. A run cannot be taken back; the same run is begun
 * anew and led to where it stood before, which comes to the same.
 */
import { type Signal, signal } from '@preact/signals';
import { EMPTY_SCENE } from '../../page/fold/scene.ts';
import { Session } from '../../page/session/session.ts';
import type { Beat, Until } from '../engine/theatre.ts';
import type { Deed, RunDescription } from '../run/run.ts';
import { linkOf } from '../run/run-link.ts';
import { openingOf } from './plays.ts';
import { RemoteTheatre } from './remote-theatre.ts';

/** Where the run stands. */
export interface Standing {
  readonly step: number;
  readonly nowMs: number;
  readonly isOver: boolean;
  /** It is on its way to a step that was asked for. */
  readonly isBusy: boolean;
  /** Of all that happened: the same exactly for equal runs. */
  readonly hash: string;
  /** The property that does not hold; `null`: all hold so far. */
  readonly broken: string | null;
  /** Why it can go no further; `null`: it can. */
  readonly failed: string | null;
}

const AT_START: Standing = {
  ...{ step: 0, nowMs: 0, isOver: false, isBusy: false, hash: '', broken: null, failed: null },
};

/** Bound: of a frame, in milliseconds; a page that was hidden does not rush through what it missed. */
const FRAME_MS_MAX = 100;
/** How often the link says anew where the run stands, in milliseconds. */
const LINKED_MS = 1_000;
/** By then the nodes of a cluster have started, and none of them has lost patience: one alone leads already. */
const STARTED_STEP = 200;
/** Where there is something to be seen. */
function firstStepOf(run: RunDescription, text: string): number {
  if (run.kind === 'cluster') return STARTED_STEP;
  return run.kind === 'play' ? openingOf(text) : 0;
}

/** A message takes so long where the run does not say it, in milliseconds. */
const FLIGHT_MS = 100;

export class Projector {
  readonly session: Signal<Session>;
  readonly run: Signal<RunDescription>;
  readonly standing: Signal<Standing> = signal(AT_START);
  readonly isPlaying: Signal<boolean> = signal(false);
  /** Simulated milliseconds for each real one. */
  readonly speed: Signal<number> = signal(1);
  /** Nobody has let it go on yet. */
  readonly isFresh: Signal<boolean> = signal(true);
  readonly #textOf: (play: string) => Promise<string>;
  #theatre: RemoteTheatre | null = null;
  /** The beat that was asked for last, over as soon as it is taken. */
  #beat: Promise<void> = Promise.resolve();
  /** Of each place of the story: how many steps had been taken. */
  #steps: number[] = [];
  #shownMs = 0;
  #opened = 0;
  #linkedAt = 0;
  /** The link as it was written last. */
  #linked = '';
  /** Asked for on the way to a step. */
  #wanted: Deed[] = [];

  constructor(run: RunDescription, textOf: (play: string) => Promise<string>) {
    this.run = signal(run);
    this.#textOf = textOf;
    this.session = signal(this.#newSession(run));
  }

  /** Begins another run; the Back button of the browser leads to where this one stands. */
  begin(run: RunDescription): Promise<void> {
    this.#writeLink(this.standing.value.step);
    history.pushState(null, '', `#${linkOf(run)}`);
    return this.open(run);
  }

  /** Begins a run, and leads it to that step; without one to where there is something to be seen. */
  async open(run: RunDescription, step: number | null = null): Promise<void> {
    this.#theatre?.close();
    this.#theatre = null;
    this.#opened += 1;
    const number = this.#opened;
    this.isPlaying.value = false;
    this.isFresh.value = true;
    this.run.value = run;
    this.#steps = [];
    this.#wanted = [];
    this.#shownMs = 0;
    this.session.value = this.#newSession(run, this.session.value);
    this.standing.value = { ...AT_START, isBusy: true };
    this.#writeLink(step ?? undefined);
    try {
      const text = run.kind === 'play' ? await this.#textOf(run.name) : '';
      if (number !== this.#opened) return;
      this.#theatre = new RemoteTheatre(run, text);
      await this.#goTo(step ?? firstStepOf(run, text));
    } catch (error) {
      if (number === this.#opened) this.#fail(error);
    }
  }

  playOrPause(): void {
    this.session.value.goLive();
    this.isFresh.value = false;
    this.isPlaying.value = !this.isPlaying.value && !this.#isAtEnd;
  }

  /** Takes one step, behind the frame that it was playing; unless it is on its way to another. */
  async step(): Promise<void> {
    this.isPlaying.value = false;
    this.isFresh.value = false;
    if (this.standing.value.isBusy) await this.#beat;
    if (this.standing.value.isBusy) return;
    await this.#goTo(this.standing.value.step + 1);
  }

  /** Stands where it stood one step ago. */
  async stepBack(): Promise<void> {
    await this.backTo(this.standing.value.step - 1);
  }

  /** Stands where it stood at this step; what was done by hand from then on is undone. */
  async backTo(step: number): Promise<void> {
    if (step < 0 || this.standing.value.isBusy) return;
    const run = this.run.value;
    const kept = run.kind === 'cluster' ? run.deeds.filter((each) => each.step < step) : [];
    await this.open(run.kind === 'cluster' ? { ...run, deeds: kept } : run, step);
    this.isFresh.value = false;
  }

  /** The step at a place of the story. */
  stepAt(place: number): number {
    return this.#steps[place - 1] ?? 0;
  }

  /** Before the next step, and again whenever this run is run; on the way to a step once it is known which one that is. */
  perform(deed: Deed): void {
    const run = this.run.value;
    if (run.kind !== 'cluster') return;
    const { isBusy, step } = this.standing.value;
    if (isBusy) {
      this.#wanted.push(deed);
      return;
    }
    this.#theatre?.perform(deed);
    this.run.value = { ...run, deeds: [...run.deeds, { step, deed }] };
  }

  /** Of each frame; `sinceMs`: since the last one. */
  tick(sinceMs: number): void {
    const { isBusy, isOver, failed } = this.standing.value;
    if (!isBusy) this.#keepPlace();
    if (!this.isPlaying.value || isBusy || failed !== null) return;
    if (isOver) this.isPlaying.value = false;
    else void this.#play(Math.min(sinceMs, FRAME_MS_MAX) * this.speed.value);
  }

  /** Whoever comes back, or loads the page again, finds the run where it stood. Browsers let no page write there often. */
  #keepPlace(): void {
    const isDue = performance.now() - this.#linkedAt >= LINKED_MS;
    // Another link stands there if somebody has just gone back, or written one.
    if (isDue && location.hash === this.#linked) this.#writeLink(this.standing.value.step);
  }

  #writeLink(step?: number): void {
    this.#linkedAt = performance.now();
    history.replaceState(null, '', `#${linkOf(this.run.value, step)}`);
    this.#linked = location.hash;
  }

  async #play(forMs: number): Promise<void> {
    const untilMs = this.#shownMs + forMs;
    await this.#advance({ nowMs: untilMs });
    // A busy moment of the run takes several frames.
    this.#shownMs = Math.max(this.#shownMs, Math.min(untilMs, this.standing.value.nowMs));
  }

  async #goTo(step: number): Promise<void> {
    do await this.#advance({ step });
    while (this.standing.value.step < step && !this.#isAtEnd);
    this.#shownMs = this.standing.value.nowMs;
  }

  get #isAtEnd(): boolean {
    const { isOver, failed } = this.standing.value;
    return isOver || failed !== null;
  }

  #advance(until: Until): Promise<void> {
    this.#beat = this.#advanceTo(until);
    return this.#beat;
  }

  async #advanceTo(until: Until): Promise<void> {
    const theatre = this.#theatre;
    if (theatre === null) return;
    this.standing.value = { ...this.standing.value, isBusy: true };
    try {
      const beat = await theatre.advance(until);
      if (theatre === this.#theatre) this.#take(beat);
    } catch (error) {
      if (theatre === this.#theatre) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const failed = error instanceof Error ? error.message : String(error);
    this.standing.value = { ...this.standing.value, isBusy: false, failed };
  }

  #take({ records, steps, ...standing }: Beat): void {
    for (const record of records) this.session.value.hear(record);
    this.#steps.push(...steps);
    this.standing.value = { ...standing, isBusy: false, failed: null };
    for (const deed of this.#wanted.splice(0)) this.perform(deed);
  }

  /** Whose chart was looked at stays. */
  #newSession(run: RunDescription, before?: Session): Session {
    const clock = { heard: () => {}, now: () => this.#shownMs };
    const flightMs = run.kind === 'cluster' ? run.latencyMs : FLIGHT_MS;
    const session = new Session(clock, { ...EMPTY_SCENE, flightMs });
    if (before !== undefined) session.pick(before.picked.value, before.actor.value);
    return session;
  }
}
