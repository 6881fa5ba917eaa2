/**
 * Automatic compaction (KV25): once a second the leader looks whether more history is kept than was asked for, and
 * proposes to let it go, through the log as anyone would. Age is log time. While nobody writes, it goes on by this
 * node's monotonic clock from when the last command was applied here; wall clocks are compared nowhere.
 */
import { encodeCommand } from '../../kv/commands/command-codec.ts';
import type { KvStateMachine } from '../../kv/kv-state-machine.ts';
import { dueCompaction, type Retention } from '../../kv/store/retention.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Replica } from '../../ports/replica.ts';
import { HISTORY_INTERVAL_MS, TIMEOUT_DEFAULT_MS } from '../limits.ts';

interface HistoryKeeperParts {
  readonly replica: Pick<Replica, 'status' | 'submit'>;
  readonly kv: Pick<KvStateMachine, 'revision' | 'compactedRevision' | 'revisionTimes'>;
  readonly clock: Clock;
  /** Looked at each time: it may have changed. */
  readonly retention: Retention;
}

/** Returns how to stop it. */
export function keepHistory(parts: HistoryKeeperParts): () => void {
  const { clock, replica, kv, retention } = parts;
  const logClock = new LogClock(parts);
  let isUnderWay = false;
  let timer: unknown = null;
  const look = (): void => {
    const logTimeMs = logClock.now();
    timer = clock.setTimeout(look, HISTORY_INTERVAL_MS);
    const keepsAll = retention.revisionsMax === 0 && retention.ageMaxMs === 0;
    if (keepsAll || isUnderWay || replica.status().role !== 'leader') return;
    const revision = dueCompaction(kv, retention, logTimeMs);
    if (revision === null) return;
    isUnderWay = true;
    // However it ends, the next look sees what is still due: nothing is lost by a refusal, nor done twice.
    replica.submit(encodeCommand({ type: 'compact', revision }), TIMEOUT, () => {
      isUnderWay = false;
    });
  };
  timer = clock.setTimeout(look, HISTORY_INTERVAL_MS);
  return () => clock.clearTimeout(timer);
}

const TIMEOUT = { timeoutMs: TIMEOUT_DEFAULT_MS };

/** Log time goes on between two commands, too. */
class LogClock {
  readonly #parts: Pick<HistoryKeeperParts, 'kv' | 'clock'>;
  #seenMs = 0;
  #seenAtMs = 0;

  constructor(parts: Pick<HistoryKeeperParts, 'kv' | 'clock'>) {
    this.#parts = parts;
  }

  now(): number {
    const { kv, clock } = this.#parts;
    const { timeMs } = kv.revisionTimes;
    if (timeMs !== this.#seenMs) {
      this.#seenMs = timeMs;
      this.#seenAtMs = clock.now();
    }
    return this.#seenMs + (clock.now() - this.#seenAtMs);
  }
}
