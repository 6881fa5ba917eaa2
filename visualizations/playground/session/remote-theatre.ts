/** A theatre in a worker, with the same calls; closing it ends the worker, whatever it does. */

import type { Beat, Until } from '../engine/theatre.ts';
import type { Deed, RunDescription } from '../run/run.ts';
import type { Order, Report } from '../worker/worker-messages.ts';

interface Waiting {
  readonly done: (beat: Beat) => void;
  readonly failed: (error: Error) => void;
}

export class RemoteTheatre {
  readonly #worker: Worker;
  /** Calls of `advance`, which are answered in order. */
  #waiting: Waiting[] = [];

  /** `text`: what stands in the play, if it is one. */
  constructor(run: RunDescription, text: string) {
    const program = run.kind === 'cluster' ? 'cluster-worker.js' : 'worker.js';
    this.#worker = new Worker(program, { type: 'module' });
    this.#worker.addEventListener('message', ({ data }) => this.#hear(data));
    this.#worker.addEventListener('error', ({ message }) => this.#fail(message));
    this.#order({ type: 'open', run, text });
  }

  advance(until: Until): Promise<Beat> {
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed });
      this.#order({ type: 'advance', until });
    });
  }

  perform(deed: Deed): void {
    this.#order({ type: 'perform', deed });
  }

  close(): void {
    this.#worker.terminate();
    this.#fail('the run was closed');
  }

  #order(order: Order): void {
    this.#worker.postMessage(order);
  }

  #hear(report: Report): void {
    if (report.type === 'failed') this.#fail(report.why);
    else this.#waiting.shift()?.done(report.beat);
  }

  #fail(why: string): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { failed } of waiting) failed(new Error(why));
  }
}
