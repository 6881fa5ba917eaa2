/**
 * How much of what happens between two views is told. What changes no state has a bound for all together, changes of state
 * have one for each actor: past it its chart is left out for some views, whatever it does. The raft chart has none.
 */
import type { AnyStateMachine } from 'xstate';
import { ACTOR_CHANGES_MAX, QUIET_RECORDS_MAX, RESTED_VIEWS } from '../../limits.ts';
import type { TakenStep } from './actor-watch.ts';

export class TellingBounds {
  #quiet = 0;
  /** By actor. */
  #changes = new Map<string, number>();
  #leftOut = new Set<AnyStateMachine>();
  /** Views since anything was left out. */
  #rested = 0;

  get leftOut(): ReadonlySet<AnyStateMachine> {
    return this.#leftOut;
  }

  hasRoomForQuiet(): boolean {
    this.#quiet += 1;
    return this.#quiet <= QUIET_RECORDS_MAX && this.#leftOut.size === 0;
  }

  hasRoomFor({ actor, chart }: TakenStep): boolean {
    if (chart.id === 'raft') return true;
    const changes = (this.#changes.get(actor) ?? 0) + 1;
    this.#changes.set(actor, changes);
    return changes <= ACTOR_CHANGES_MAX;
  }

  /** Whether that is news. */
  leaveOut(chart: AnyStateMachine): boolean {
    const isNews = !this.#leftOut.has(chart);
    this.#leftOut.add(chart);
    return isNews;
  }

  /** A view is due. Whether what was left out is heard again. */
  renew(): boolean {
    this.#quiet = 0;
    this.#changes = new Map();
    if (this.#leftOut.size === 0) return false;
    this.#rested += 1;
    if (this.#rested < RESTED_VIEWS) return false;
    this.#rested = 0;
    this.#leftOut = new Set();
    return true;
  }
}
