/** What a seed says of production clients: how many, how restless their connections, how tight their server's bounds. */
import { DEFAULT_SERVER_LIMITS, type ServerLimits } from '../../../server/limits.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { KeyValueWorkload } from '../subjects/key-value-subject.ts';

/** Bytes of the largest value that a stranger writes, and then some. */
const HOSTILE_BYTES_MAX = 3_500;

export interface StreamPlan {
  /** Programs that use the production client library. */
  readonly clients: number;
  /** Watches that each of them holds. */
  readonly watches: number;
  /** Programs that send whatever harms. */
  readonly hostiles: number;
  /** The average pause between two bursts of calls of one client, in milliseconds. */
  readonly pauseMs: number;
  /** The average time between two faults of streams, in milliseconds. */
  readonly faultEveryMs: number;
  readonly dialTimeoutMs: number;
  readonly keepAliveMs: number;
  /** Bound: bytes of one direction of a stream on the way or unread. */
  readonly windowBytes: number;
  /** Bound: events that a watch holds for a slow reader. */
  readonly watchEventsMax: number;
  /** Their writes are sent again if it is not known what became of them, as those of users are. */
  readonly sessions: boolean;
  readonly limits: ServerLimits;
  /** Bound: bytes that a server holds for all its clients together. */
  readonly heldBytesMax: number;
}

/** Production clients cost time: they are there in so large a share of the seeds. */
const SHARE = 0.12;

/** `sessions`: earlier versions of the plans have none; of the others half. */
export function planStreams(
  random: SeededRandom,
  workload: KeyValueWorkload,
  sessions: boolean,
): StreamPlan | null {
  if (!random.chance(SHARE)) return null;
  return {
    clients: random.pick([1, 1, 2, 3]),
    watches: random.pick([1, 1, 2]),
    hostiles: random.pick([0, 1, 1, 2]),
    pauseMs: random.pick([300, 1_000, 2_000]),
    faultEveryMs: random.pick([500, 2_000, 5_000]),
    dialTimeoutMs: random.pick([200, 1_000]),
    keepAliveMs: random.pick([500, 2_000]),
    windowBytes: random.pick([100, 2_000, 65_536]),
    watchEventsMax: random.pick([2, 10_000]),
    sessions: sessions && random.fork('sessions').chance(0.5),
    limits: planLimits(random),
    heldBytesMax: random.pick([4 * answerBytesMax(workload), 40 * 1024 * 1024]),
  };
}

/**
 * Bytes of the largest answer, with all keys in it, those of hostile callers too. A server that may not hold a
 * few of these for all its clients serves nobody.
 */
export function answerBytesMax({ keys, valueBytesMax }: KeyValueWorkload): number {
  return keys * (CHARACTER_BYTES * valueBytesMax + ENTRY_BYTES) + HOSTILE_BYTES_MAX;
}

/** Of the characters that fill the values of the workload. */
const CHARACTER_BYTES = 2;
/** What a key costs besides its value. */
const ENTRY_BYTES = 64;

/** Half of the runs have the limits that users get, the others some that are reached all the time. */
function planLimits(random: SeededRandom): ServerLimits {
  if (random.chance(0.5)) return DEFAULT_SERVER_LIMITS;
  return {
    ...DEFAULT_SERVER_LIMITS,
    socketBytesMax: random.pick([200, 4_000, DEFAULT_SERVER_LIMITS.socketBytesMax]),
    requestsInFlightMax: random.pick([1, 4, 100]),
    watchesPerClientMax: random.pick([2, 10]),
    clientConnectionsMax: random.pick([4, 100]),
    rangeKeysMax: random.pick([2, 100]),
  };
}
