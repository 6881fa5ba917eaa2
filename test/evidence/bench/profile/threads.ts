/**
 * What the threads of a process have used, from /proc. Most threads of Node.js have no name of their own there, but they begin in an
 * order that does not change: the one that runs JavaScript, V8's helpers, the profiler's, which says its name, the four of the
 * pool that syncs and writes, and LevelDB's, which compacts.
 */
import { readdirSync, readFileSync } from 'node:fs';

export const THREAD_KINDS = ['main', 'helpers', 'pool', 'compaction', 'profiler'] as const;
type ThreadKind = (typeof THREAD_KINDS)[number];

export interface Use {
  readonly ranNs: number;
  /** Ready to run, while others had the cores. */
  readonly waitedNs: number;
}

export type Uses = Readonly<Record<ThreadKind, Use>>;

const PROFILER = 'v8:ProfEvntProc';
/** Node.js starts so many unless it is told otherwise. */
const POOL_SIZE = 4;

/** Since the process began. */
export function usesOf(pid: number): Uses {
  const ids = readdirSync(`/proc/${pid}/task`, { encoding: 'utf8' }).map(Number);
  ids.sort((left, right) => left - right);
  const of = (id: number, file: string): string =>
    readFileSync(`/proc/${pid}/task/${id}/${file}`, 'utf8').trim();
  const names = ids.map((id) => of(id, 'comm'));
  const kinds = kindsOf(names);
  const uses = ids.map((id) => useIn(of(id, 'schedstat')));
  return byKind((kind) => sum(uses.filter((_, at) => kinds[at] === kind)));
}

/** Of threads in the order in which they began, by their names. */
export function kindsOf(names: readonly string[]): readonly ThreadKind[] {
  const profiler = names.indexOf(PROFILER);
  return names.map((_, at) => {
    if (at === 0) return 'main';
    if (at === profiler) return 'profiler';
    if (at < profiler) return 'helpers';
    return at <= profiler + POOL_SIZE ? 'pool' : 'compaction';
  });
}

export function between(before: Uses, after: Uses): Uses {
  return byKind((kind) => ({
    ranNs: after[kind].ranNs - before[kind].ranNs,
    waitedNs: after[kind].waitedNs - before[kind].waitedNs,
  }));
}

/** `ran waited slices`, both in nanoseconds. */
function useIn(schedstat: string): Use {
  const [ranNs = Number.NaN, waitedNs = Number.NaN] = schedstat.split(' ').map(Number);
  return { ranNs, waitedNs };
}

function sum(uses: readonly Use[]): Use {
  return uses.reduce(
    (total, { ranNs, waitedNs }) => ({
      ranNs: total.ranNs + ranNs,
      waitedNs: total.waitedNs + waitedNs,
    }),
    { ranNs: 0, waitedNs: 0 },
  );
}

function byKind(useOf: (kind: ThreadKind) => Use): Uses {
  const [main, helpers, pool, compaction, profiler] = THREAD_KINDS.map(useOf) as [
    ...[Use, Use, Use],
    ...[Use, Use],
  ];
  return { main, helpers, pool, compaction, profiler };
}
