/**
 * How late the event loop is (OP7): a timer that should fire every 20 ms says by how much it did not. A histogram of our
 * own, since those of Node.js cannot be read bucket by bucket.
 */
import { type Histogram, observe } from '../../core/histogram.ts';
import type { ConnectionClock } from '../../ports/clock.ts';

/** Often enough to meet what blocks for long, too seldom to cost anything. */
export const LOOK_INTERVAL_MS = 20;

type DelayClock = Pick<ConnectionClock, 'now' | 'setIdleTimeout' | 'clearTimeout'>;

/** Returns how to stop it. */
export function watchLoopDelay(clock: DelayClock, delays: Histogram): () => void {
  let timer: unknown = null;
  const look = (): void => {
    const dueMs = clock.now() + LOOK_INTERVAL_MS;
    timer = clock.setIdleTimeout(() => {
      observe(delays, Math.max(0, clock.now() - dueMs) / 1000);
      look();
    }, LOOK_INTERVAL_MS);
  };
  look();
  return () => clock.clearTimeout(timer);
}
