/** How long nobody is served when a member ends, and how soon it is of use again. In milliseconds. */
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../processes/process-cluster.ts';
import type { Rival } from './rivals/rival.ts';
import { keyOf } from './rivals/rival.ts';

/** One measurement of one rival. */
export interface Outage {
  readonly name: string;
  /** At most so many times what etcd takes. */
  readonly goal: number;
  readonly keys: number;
  measure(rival: Rival): Promise<number>;
}

const WRITERS = 8;
/** Before the member ends, and after it: etcd elects within two seconds. */
const CALM_MS = 500;
const LOOKED_AT_MS = 3_500;
const PATIENCE_MS = 30_000;
/** Then a writer begins another write: etcd keeps what was on its way to a dead leader for seven seconds. */
const WRITE_PATIENCE_MS = 250;
const MISSED_WRITES = 200_000;
/** Callers by whom a follower is left behind. */
const PUTTING = { ask: 'put', callers: 1_000, at: 'leader', door: 'socket' } as const;

export const OUTAGES: readonly Outage[] = [
  {
    ...{ name: 'kill -9 of the leader: no write for', goal: 0.05, keys: 10_000 },
    measure: (rival) => pauseOfWrites(rival, 'SIGKILL'),
  },
  {
    ...{ name: 'SIGTERM of the leader: no write for', goal: 0.75, keys: 10_000 },
    measure: (rival) => pauseOfWrites(rival, 'SIGTERM'),
  },
  {
    ...{ name: 'a follower started again at 200,000 keys', goal: 0.5, keys: 200_000 },
    measure: startOfFollower,
  },
  {
    ...{ name: 'a follower 200,000 writes behind', goal: 0.5, keys: 200_000 },
    measure: catchUpOfFollower,
  },
];

/** The longest time without an acknowledgement around the end of the leader, of writes at another member. */
async function pauseOfWrites(rival: Rival, signal: 'SIGKILL' | 'SIGTERM'): Promise<number> {
  const acknowledged: number[] = [];
  const writer = await rival.writer();
  let isOver = false;
  const write = async (_: unknown, at: number): Promise<void> => {
    while (!isOver) {
      const put = writer.put(keyOf(at)).then(
        () => void acknowledged.push(performance.now()),
        () => pause(1),
      );
      await Promise.race([put, pause(WRITE_PATIENCE_MS)]);
    }
  };
  const writes = Promise.all(Array.from({ length: WRITERS }, write));
  await pause(CALM_MS);
  const from = Math.max(0, acknowledged.length - 1);
  const member = await rival.end('leader', signal);
  await pause(LOOKED_AT_MS);
  // A pause that has not ended has no length yet.
  const count = acknowledged.length;
  await eventually(PATIENCE_MS, 'writes to go on', async () => acknowledged.length > count);
  isOver = true;
  await writes;
  await writer.close();
  await rival.runAgain(member);
  await rival.caughtUp(member);
  const looked = acknowledged.slice(from);
  return Math.max(...looked.map((at, place) => at - (looked[place - 1] ?? at)));
}

async function startOfFollower(rival: Rival): Promise<number> {
  const member = await rival.end('follower', 'SIGTERM');
  return rival.runAgain(member);
}

async function catchUpOfFollower(rival: Rival): Promise<number> {
  const member = await rival.end('follower', 'SIGKILL');
  for (let written = 0; written < MISSED_WRITES; ) {
    const { perSecond } = await rival.load(PUTTING, 2);
    written += perSecond * 2;
  }
  const begun = performance.now();
  await rival.runAgain(member);
  await rival.caughtUp(member);
  return performance.now() - begun;
}
