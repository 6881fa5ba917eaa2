/** What time it is in the story, for whoever watches it live. */
import { quickestLead } from '../stream/quickest-lead.ts';

export interface PageClock {
  /** A record of this time has come. */
  readonly heard: (at: number) => void;
  /** As `at` of the records. */
  readonly now: () => number;
}

/** Nodes that run somewhere are told the time of by their records alone: they may be on another machine, or busy. */
export function liveClock(time: () => number = Date.now): PageClock {
  const lead = quickestLead(time);
  return { heard: lead.heard, now: () => time() - lead.ms() };
}
