/**
 * What clients saw of a shared object: one operation for each call, with what was asked, what was answered, and
 * the interval within which it must have taken effect. Operations that certainly failed never took effect and
 * are left out of a history; those that may have taken effect stay in it, with the outcome `null` (LZ2).
 */

export interface Operation<Input, Output> {
  readonly client: number | string;
  readonly input: Input;
  /** `null`: the outcome is unknown; it may have taken effect at any time after its call, or never. */
  readonly output: Output | null;
  /** A position on one ordered scale of steps, not a time of day. Equal positions count as overlapping. */
  readonly calledAt: number;
  /** Not before `calledAt`. `null`: it never returned. Ignored where the outcome is unknown. */
  readonly returnedAt: number | null;
}

/** Throws a `TypeError` if an operation returned before it was called, or at no position at all. */
export function checkIntervals(history: readonly Operation<unknown, unknown>[]): void {
  for (const [at, { calledAt, returnedAt }] of history.entries()) {
    if (Number.isFinite(calledAt) && (returnedAt === null || calledAt <= returnedAt)) continue;
    throw new TypeError(`operation ${at} was called at ${calledAt} and returned at ${returnedAt}`);
  }
}
