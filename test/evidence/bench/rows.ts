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
  /** New clusters of so many members; unless it says so, those of three that all such rows are asked of. */
  readonly members?: number;
}

const LEADER = { at: 'leader', door: 'socket' } as const;
const KEYS = 10_000;
const PUTS = { ask: 'put', callers: 100 } as const;

function row(name: string, load: Partial<Load> & Pick<Load, 'ask' | 'callers'>, goal: number): Row {
  return { name, load: { ...LEADER, ...load }, goal, keys: KEYS };
}

export const ROWS: readonly Row[] = [
  { ...row('put ×1', { ask: 'put', callers: 1 }, 1), latencyGoals: { p50: 0.9, p99: 1 } },
  row('put ×100', PUTS, 4),
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
  row('put ×100 of 64 bytes', { ...PUTS, valueBytes: 64 }, 4),
  { ...row('put ×100 of 16 KiB', { ...PUTS, valueBytes: 16 * 1024 }, 4), members: 3 },
  { ...row('put ×100 at 200,000 keys', PUTS, 4), keys: 200_000 },
  { ...row('put ×100 at 1,000,000 keys', PUTS, 4), keys: 1_000_000, members: 3 },
  { ...row('put ×100, one member', PUTS, 4), members: 1 },
  { ...row('put ×100, five members', PUTS, 4), members: 5 },
];
