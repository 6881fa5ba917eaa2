/** The clock of a simulated process, as the ends of client connections want it. */
import type { ConnectionClock } from '../../../ports/clock.ts';
import type { SimulatedProcess } from '../runtime/process.ts';

export function connectionClockOf({ clock }: SimulatedProcess): ConnectionClock {
  return {
    ...clock,
    setIdleTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
  };
}
