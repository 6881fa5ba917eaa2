/** Binary search, once for everything that is kept in order. */

/**
 * The first place in `[from, to)` that `isReached` holds for, `to` if there is none. It must hold for every place
 * behind one that it holds for.
 */
export function firstPlace(
  from: number,
  to: number,
  isReached: (place: number) => boolean,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    // Places may pass 32 bits; their distance does not.
    const middle = low + ((high - low) >>> 1);
    if (isReached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Of runs in order, how many begin at or before `at`. */
export function runsThrough(runs: readonly { readonly firstIndex: number }[], at: number): number {
  return firstPlace(0, runs.length, (place) => (runs[place]?.firstIndex ?? at) > at);
}
