/**
 * What an object does when its operations come one after another. A history of concurrent operations is right
 * if it can be explained by some such sequence (LZ1); the models here are those of `models/`, and one of your
 * own fits as well. A model is pure: the search applies operations in many orders, and goes back.
 */

export interface SequentialModel<State, Input, Output> {
  readonly initial: State;
  /** Inputs of different partitions never influence each other, so that each is judged by itself (LZ3). */
  readonly partitionOf: (input: Input) => string;
  /**
   * The state afterwards if `output` is what the object answers in `state`, else `null`. Without an output
   * (`null`) any answer is right. An operation that changes nothing may return `state` itself.
   */
  readonly apply: (state: State, input: Input, output: Output | null) => State | null;
  /**
   * True only if an operation with this answer changes no state whatever, as a read or a refused condition. What
   * happens to change nothing in one state, such as a second delete, is not passive. It saves work, no more.
   */
  readonly isPassive: (input: Input, output: Output) => boolean;
  /**
   * For a passive operation: false only if this answer is not right in `state` and will not be, whatever follows.
   * It saves work where unknown operations leave traces for ever, as in a list, and may be left out.
   */
  readonly canLeadTo?: (state: State, input: Input, output: Output) => boolean;
  /** Equal texts exactly for equal states, within one partition. */
  readonly fingerprint: (state: State) => string;
  /** A few words for people, such as `put a → done`; `null` is an unknown outcome. */
  readonly describe: (input: Input, output: Output | null) => string;
}
