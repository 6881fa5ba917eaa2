/** What time it is for whoever writes: time comes from the log alone, and the clock of a server says where it will go on. */
import type { Replica } from '../../ports/replica.ts';

export interface LogTimeParts {
  readonly replica: Replica;
  readonly clock: { wallTimeMs(): number };
}

/** The time that the next entry of the log will have, about: its time never falls, whatever the clocks do. */
export function nextLogTime({ clock, replica }: LogTimeParts): number {
  return Math.max(replica.status().timeMs, clock.wallTimeMs());
}
