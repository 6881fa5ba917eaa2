/** What is measured, and what raftchart is meant to reach beside etcd. */
import type { Load } from './rivals/rival.ts';

export interface Row {
  readonly name: string;
  readonly load: Load;
  /** At least so many times what etcd answers. */
  readonly goal: number;
  /** At most so many times etcd's latency. */
  readonly latencyGoals?: { readonly p50: number; readonly p99: number };
  /** Keys that have to be there before. */
  readonly keys: number;
  /** Seconds of puts by a hundred callers right before. */
  readonly burst?: number;
}

const LEADER = { at: 'leader', door: 'socket' } as const;
const KEYS = 10_000;

function row(name: string, load: Partial<Load> & Pick<Load, 'ask' | 'callers'>, goal: number): Row {
  return { name, load: { ...LEADER, ...load }, goal, keys: KEYS };
}

export const ROWS: readonly Row[] = [
  { ...row('put ×1', { ask: 'put', callers: 1 }, 1), latencyGoals: { p50: 0.9, p99: 1 } },
  row('put ×100', { ask: 'put', callers: 100 }, 4),
  row('put ×1,000', { ask: 'put', callers: 1_000 }, 4),
  row('get ×1', { ask: 'get', callers: 1 }, 1),
  row('get ×100', { ask: 'get', callers: 100 }, 3),
  { ...row('get ×1 after a burst of puts', { ask: 'get', callers: 1 }, 1), burst: 3 },
  { ...row('get ×100 after a burst of puts', { ask: 'get', callers: 100 }, 4), burst: 3 },
  row('get ×1 at a follower', { ask: 'get', callers: 1, at: 'follower' }, 1),
  row('get ×100 at a follower', { ask: 'get', callers: 100, at: 'follower' }, 3),
  row('put and get, 10 and 90 callers', { ask: 'mix', callers: 100 }, 5),
  row('HTTP put ×100', { ask: 'put', callers: 100, door: 'http' }, 2.5),
  row('HTTP get ×100', { ask: 'get', callers: 100, door: 'http' }, 5),
  { ...row('put ×100 at 200,000 keys', { ask: 'put', callers: 100 }, 4), keys: 200_000 },
];
