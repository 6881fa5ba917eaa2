/** The bounds of what the page remembers, with what happens when each is reached. */

/** Records between two kept scenes: going back folds at most so many again. */
export const CHAPTER_RECORDS = 256;
/** Bound: chapters kept; past it, the oldest is forgotten, and the story begins later. */
export const CHAPTERS_MAX = 160;
/** Bound: steps kept of one actor; older ones only the story remembers. */
export const STEPS_MAX = 16;
/** How often it is told at most what is committed, in milliseconds. */
export const TOLD_EVERY_MS = 1_000;
/** Records of several nodes may swap by less, in milliseconds: what is further back was written after a clock was set back. */
export const CLOCK_STEP_MS = 5_000;
/** Bound: messages shown under way; past it, the oldest is taken to have arrived. */
export const FLIGHTS_MAX = 48;
/** How long a message is shown under way at least, in milliseconds: on one machine it takes less than anyone sees. */
export const FLIGHT_MS = 420;
