/** How loud the machine is: whoever shares it takes time from a loop that always does the same. */

const ROUNDS = 20;
const STEPS = 2_000_000;

let least = Number.POSITIVE_INFINITY;

/** How much longer the same work takes now than at its quickest in this run: 0.25 is a quarter longer. */
export function noise(): number {
  const times = Array.from({ length: ROUNDS }, timeOfWork).sort((left, right) => left - right);
  const median = times[ROUNDS >> 1] ?? Number.NaN;
  least = Math.min(least, times[0] ?? median);
  return median / least - 1;
}

function timeOfWork(): number {
  const begun = performance.now();
  let sum = 0;
  for (let step = 0; step < STEPS; step += 1) sum = (sum * 31 + step) | 0;
  return performance.now() - begun + (sum === 0.5 ? 1 : 0);
}
