/**
 * What XState reports of the steps of a node's charts: those of every actor, or those of some charts alone. To be reported
 * costs a chart about as much as its step does, whoever hears of it.
 */
import type { AnyActorRef, AnyStateMachine, InspectionEvent } from 'xstate';
import { livingFrom } from './living-actors.ts';

export class ChartReports {
  readonly #root: AnyActorRef;
  readonly #hear: (event: InspectionEvent) => void;
  #stop: () => void = () => {};

  constructor(root: AnyActorRef, hear: (event: InspectionEvent) => void) {
    this.#root = root;
    this.#hear = hear;
  }

  all(): void {
    this.#stop();
    this.#stop = this.#subscribe();
  }

  /** Of charts that begin to live after this, no step is reported but the first. */
  allBut(left: ReadonlySet<AnyStateMachine>): void {
    this.#stop();
    const charts = new Set(livingFrom(this.#root).map(({ actor }) => actor.logic));
    const others = [...charts].filter((chart) => !left.has(chart));
    const stops = others.map((chart) => this.#reportStepsOf(chart));
    this.#stop = () => {
      for (const stop of stops) stop();
    };
  }

  none(): void {
    this.#stop();
    this.#stop = () => {};
  }

  /** XState reports all or nothing: so it is asked to as each step of the chart begins, and no longer as it ends. */
  #reportStepsOf(chart: AnyStateMachine): () => void {
    const { transition } = chart;
    chart.transition = (...step) => {
      const stop = this.#subscribe();
      try {
        return transition(...step);
      } finally {
        stop();
      }
    };
    return () => {
      chart.transition = transition;
    };
  }

  #subscribe(): () => void {
    return this.#root.system.inspect(this.#hear).unsubscribe;
  }
}
