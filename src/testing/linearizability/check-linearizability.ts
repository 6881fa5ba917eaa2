/**
 * Judges what clients saw: is there one order of all their operations in which each takes effect at one instant
 * between its call and its return, and every answer is what the model gives (LZ1, after Herlihy and Wing 1990)?
 * Each partition is judged by itself, which decides the whole (LZ3). The question is hard in general and easy
 * for the histories of a store that works, so the search has a bound, and says when it has met it (LZ4).
 */
import { checkIntervals, type Operation } from './operation.ts';
import { search } from './search.ts';
import type { SequentialModel } from './sequential-model.ts';

export interface CheckOptions {
  /**
   * How many times an operation is applied to a state in one partition before the search is given up; above 0.
   * A few for each operation decide what a store that works has done; many clients on one key take far more.
   */
  readonly stepsMax: number;
}

export type Verdict<Input, Output> =
  | { readonly type: 'linearizable'; readonly steps: number }
  | Violation<Input, Output>
  | {
      /** No violation was found, but a search met its bound; `partition` is the first of them. */
      readonly type: 'undecided';
      readonly steps: number;
      readonly partition: string;
    };

/** `describeViolation` puts it into words and lines. */
export interface Violation<Input, Output> {
  readonly type: 'violation';
  /** How many times an operation was applied to a state, in all partitions. */
  readonly steps: number;
  readonly partition: string;
  /** All operations of the partition, in the order of the history. */
  readonly operations: readonly Operation<Input, Output>[];
  /** An order that works as far as it goes: with the most known outcomes, and the fewest unknown ones. */
  readonly longestOrder: readonly Operation<Input, Output>[];
  /** One of these has to come next in that order, and none of them fits. */
  readonly misfits: readonly Operation<Input, Output>[];
  /** The fingerprint of the state that the longest order leads to. */
  readonly state: string;
}

/**
 * A violation in any partition is the verdict, even where others are undecided. The history may be in any
 * order. Throws a `TypeError` for an operation that returned before it was called.
 */
export function checkLinearizability<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  { stepsMax }: CheckOptions,
): Verdict<Input, Output> {
  checkIntervals(history);
  let steps = 0;
  let undecided: string | null = null;
  for (const [partition, operations] of partitionsOf(model, history)) {
    const result = search(model, operations, stepsMax);
    steps += result.steps;
    if (result.type === 'undecided') undecided ??= partition;
    if (result.type !== 'none') continue;
    const { placed: longestOrder, candidates: misfits, state } = result.order;
    return { type: 'violation', steps, partition, operations, longestOrder, misfits, state };
  }
  if (undecided !== null) return { type: 'undecided', steps, partition: undecided };
  return { type: 'linearizable', steps };
}

function partitionsOf<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): ReadonlyMap<string, readonly Operation<Input, Output>[]> {
  const partitions = new Map<string, Operation<Input, Output>[]>();
  for (const operation of history) {
    const name = model.partitionOf(operation.input);
    const partition = partitions.get(name);
    if (partition === undefined) partitions.set(name, [operation]);
    else partition.push(operation);
  }
  return partitions;
}
