/** How long the requests of one connection took: answers of one tick to one frame are counted together (OP7). */
import { observe } from '../../core/histogram.ts';
import { histogramOf, type ServerCounters } from '../operations/server-counters.ts';

interface Answers {
  readonly operation: string;
  /** When their frame arrived, in milliseconds. */
  readonly arrivedMs: number;
  count: number;
}

export class AnswerTimes {
  /** Bound: no more than there are answers in one tick. */
  #answers: Answers[] = [];

  add(operation: string, arrivedMs: number): void {
    const last = this.#answers.at(-1);
    if (last?.arrivedMs === arrivedMs && last.operation === operation) last.count += 1;
    else this.#answers.push({ operation, arrivedMs, count: 1 });
  }

  /** All that was added leaves now. */
  observe({ clientDurations }: ServerCounters, now: number): void {
    for (const { operation, arrivedMs, count } of this.#answers) {
      observe(histogramOf(clientDurations, operation), (now - arrivedMs) / 1000, count);
    }
    this.#answers = [];
  }
}
