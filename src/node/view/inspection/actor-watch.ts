/**
 * Hears of every step of every actor from XState, while somebody watches, and makes of it which arrows were taken. What
 * each chart knew before a step is remembered here: XState tells only what came of it.
 */
import type {
  AnyActorRef,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  InspectionEvent,
} from 'xstate';
import type { Clock } from '../../../ports/clock.ts';
import type { ActorView, TimerView, TransitionRecord } from '../../../ports/inspection.ts';
import { placeOf } from '../../tree/place-of.ts';
import { ChartReports } from './chart-reports.ts';
import { isOfChart, type Living, livingFrom } from './living-actors.ts';
import { changesOf } from './shown-fields.ts';
import { type Arrow, arrowOf, chartOf, guardsAsked, type Taken } from './taken-arrows.ts';

type Transition = Omit<TransitionRecord, 'sequence' | 'at' | 'node'>;

interface ActorWatchOptions {
  /** The node actor, from which all others are reached. */
  readonly root: AnyActorRef;
  readonly clock: Pick<Clock, 'now' | 'wallTimeMs'>;
  /** When the actors began to live, by `clock.now`. */
  readonly bornMs: number;
  readonly taken: (step: TakenStep) => void;
  /** Runs what a report sets off, where a fault hurts nobody. */
  readonly safely: (act: () => void) => void;
}

export interface TakenStep {
  readonly actor: string;
  /** As it is bound for this node. */
  readonly chart: AnyStateMachine;
  /** It stays where it stands, in the same term. */
  readonly isQuiet: boolean;
  /** Makes the record. */
  readonly describe: () => Transition;
}

type Scheduled = ReturnType<AnyActorRef['system']['getSnapshot']>['_scheduledEvents'][string];

interface Step {
  readonly actor: AnyActorRef;
  readonly event: AnyEventObject;
  readonly before: AnyMachineSnapshot | undefined;
  readonly after: AnyMachineSnapshot;
}

export class ActorWatch {
  readonly #options: ActorWatchOptions;
  readonly #reports: ChartReports;
  readonly #known = new WeakMap<AnyActorRef, AnyMachineSnapshot>();
  /** When each timer began, by the name that XState gives it, and a clock that nobody sets. */
  readonly #begun = new Map<string, number>();
  #leftOut: ReadonlySet<AnyStateMachine> = new Set();

  constructor(options: ActorWatchOptions) {
    const { root, safely } = options;
    this.#options = options;
    this.#reports = new ChartReports(root, (event) => safely(() => this.#hear(event)));
  }

  hearAll(): void {
    for (const { actor, snapshot } of this.#living()) this.#known.set(actor, snapshot);
    this.#forgetTimersOf(this.#leftOut);
    this.#leftOut = new Set();
    this.#reports.all();
  }

  /** Does not hear these charts until it hears all again. */
  leaveOut(charts: ReadonlySet<AnyStateMachine>): void {
    this.#leftOut = charts;
    this.#reports.allBut(charts);
  }

  stop(): void {
    this.#reports.none();
  }

  #hear(event: InspectionEvent): void {
    if (event.type === '@xstate.action') this.#noteTimer(event);
    else if (event.type === '@xstate.microstep') this.#step(event);
  }

  get actors(): readonly ActorView[] {
    return this.#living().map(({ actor, snapshot }) => ({
      actor: actor.id,
      chart: chartOf(snapshot.machine),
      state: placeOf(snapshot),
    }));
  }

  get timers(): readonly TimerView[] {
    const running = this.#running;
    const { clock } = this.#options;
    const wallAheadMs = clock.wallTimeMs() - clock.now();
    for (const key of this.#begun.keys()) if (!Object.hasOwn(running, key)) this.#begun.delete(key);
    return Object.entries(running).map(([key, timer]) => {
      const startedAt = wallAheadMs + (this.#begun.get(key) ?? this.#begunUnseen(key, timer));
      const name = timerName(timer.event.type, timer.id);
      return { actor: timer.source.id, name, startedAt, endsAt: startedAt + timer.delay };
    });
  }

  get #running(): Readonly<Record<string, Scheduled>> {
    return this.#options.root.system.getSnapshot()._scheduledEvents;
  }

  /** They may have begun anew, unheard. */
  #forgetTimersOf(charts: ReadonlySet<AnyStateMachine>): void {
    if (charts.size === 0) return;
    for (const [key, { source }] of Object.entries(this.#running)) {
      if (charts.has((source as Living['actor']).logic)) this.#begun.delete(key);
    }
  }

  /** Began unheard: XState says when, but on the clock of the machine, which may be another. */
  #begunUnseen(key: string, { delay, startedAt }: Pick<Scheduled, 'delay' | 'startedAt'>): number {
    const { bornMs, clock } = this.#options;
    const agoMs = Math.min(delay, Math.max(0, clock.wallTimeMs() - startedAt));
    const begun = Math.max(bornMs, clock.now() - agoMs);
    this.#begun.set(key, begun);
    return begun;
  }

  #step({ _transitions, actorRef, event, snapshot }: Reported<'@xstate.microstep'>): void {
    if (!isOfChart(snapshot)) return;
    const actor = actorRef as Living['actor'];
    const step = { actor, event, before: this.#known.get(actor), after: snapshot };
    this.#known.set(actor, snapshot);
    const isQuiet = staysInPlace(step);
    for (const taken of _transitions) {
      const arrow = arrowOf(taken);
      if (arrow === null) continue;
      this.#options.taken({
        actor: actor.id,
        chart: actor.logic,
        isQuiet,
        describe: () => describe(step, taken, arrow),
      });
    }
  }

  #noteTimer({ action: { params }, actorRef }: Reported<'@xstate.action'>): void {
    if (typeof params !== 'object' || params === null) return;
    if (!('delay' in params) || typeof params.delay !== 'number' || !('id' in params)) return;
    const key = `${(actorRef as AnyActorRef).sessionId}.${params.id}`;
    this.#begun.set(key, this.#options.clock.now());
  }

  #living(): readonly Living[] {
    return livingFrom(this.#options.root);
  }
}

type Reported<Type extends InspectionEvent['type']> = Extract<InspectionEvent, { type: Type }>;

/** Also in its term, if it knows one. */
function staysInPlace({ after, before }: Step): boolean {
  if (before === undefined || placeOf(before) !== placeOf(after)) return false;
  return termIn(before) === termIn(after);
}

function termIn({ context }: AnyMachineSnapshot): unknown {
  return typeof context === 'object' && context !== null && 'term' in context ? context.term : null;
}

function describe({ actor, after, before, event }: Step, taken: Taken, arrow: Arrow): Transition {
  const { machine } = after;
  return {
    type: 'transition',
    actor: actor.id,
    chart: arrow.chart,
    event: arrow.event,
    from: before === undefined ? placeAtStart(taken.source) : placeOf(before),
    to: placeOf(after),
    arrow: arrow.id,
    guards: before === undefined ? [] : guardsAsked(before, taken, event),
    changes: before === undefined ? {} : changesOf(machine.id, before.context, after.context),
  };
}

/** An actor that has just begun stands where the arrow begins; where one begins at the whole chart, in its first state. */
function placeAtStart(source: AnyStateNode): string {
  const [inner] = source.path.length > 0 ? [] : (source.initial?.target ?? []);
  return inner === undefined ? source.path.join('.') : inner.path.join('.');
}

/** A timer of the chart is called as its delay is, any other by its own name. */
function timerName(event: string, id: string): string {
  return event.startsWith('xstate.after.') ? (event.split('.')[2] ?? id) : id;
}
