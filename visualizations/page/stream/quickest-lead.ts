/** By how much the clock of whoever listens is ahead of records, by those that came quickest. */

export interface QuickestLead {
  /** A record of this time has come. */
  readonly heard: (at: number) => void;
  /** In milliseconds; infinite before the first. */
  readonly ms: () => number;
}

/** How long a record counts at least, in milliseconds. */
const WINDOW_MS = 1_000;

/** The quickest record of the last second or two is taken to have come at once: others were held up on their way. */
export function quickestLead(time: () => number): QuickestLead {
  /** In this window, and in the one before. */
  let [lead, leadBefore] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let windowAt = Number.NEGATIVE_INFINITY;
  return {
    heard: (at) => {
      if (time() - windowAt > WINDOW_MS) {
        [leadBefore, lead, windowAt] = [lead, Number.POSITIVE_INFINITY, time()];
      }
      lead = Math.min(lead, time() - at);
    },
    ms: () => Math.min(lead, leadBefore),
  };
}
