/** Budgets as the lines of a table: stages below one another, processes and numbers of callers beside one another. */
import { type Budget, budgetOf, meanOf, shown } from './budget.ts';
import { nameOf } from './load.ts';
import type { Profiled } from './measure.ts';
import { STAGE_NAMES, STAGES } from './stages.ts';

type Line = readonly [name: string, cell: (budget: Budget) => string];

const WHOLE: readonly Line[] = [
  ['**the thread that runs JavaScript**', ({ main }) => shown(main)],
  ['V8’s helpers: collecting, compiling', ({ helpers }) => shown(helpers)],
  ['thread pool: writes and syncs of LevelDB and files', ({ pool }) => shown(pool)],
  ['LevelDB’s thread: compaction', ({ compaction }) => shown(compaction)],
  ['**the process**', ({ process }) => shown(process)],
  ['samples alone, against /proc', ({ main, sampled }) => more(sampled / main)],
  [
    'that thread ran / waited for a core / slept',
    ({ ran, waited }) => [ran, waited, Math.max(0, 1 - ran - waited)].map(percent).join(' / '),
  ],
];

/** Of one kind of call; the head is the first line. Stages that took nothing anywhere are left out. */
export function budgetTable(profiled: readonly Profiled[]): readonly (readonly string[])[] {
  const columns = [
    ...profiled.map((each) => ['leader', each, budgetOf(each.leader)] as const),
    ...profiled.map((each) => ['follower', each, meanOf(each.followers.map(budgetOf))] as const),
    ...profiled.map((each) => ['client', each, budgetOf(each.client)] as const),
  ];
  const budgets = columns.map(([, , budget]) => budget);
  const head = columns.map(([who, { load }]) => `${who} ×${load.callers.toLocaleString('en')}`);
  const used = STAGE_NAMES.filter((stage) => budgets.some(({ stages }) => stages[stage] > 0));
  const lines: readonly Line[] = [
    ...used.map((stage): Line => [STAGES[stage], ({ stages }) => shown(stages[stage])]),
    ...WHOLE,
  ];
  return [['µs', ...head], ...lines.map(([name, cell]) => [name, ...budgets.map(cell)])];
}

/** What was answered meanwhile. */
export function serviceWords({ load, perSecond, service }: Profiled): string {
  const failed = service.failures.length === 0 ? '' : `, ${service.failures.length} refused`;
  return `${nameOf(load)}: ${Math.round(perSecond).toLocaleString('en')}/s, p50 ${service.p50Ms.toFixed(2)} ms${failed}`;
}

function more(times: number): string {
  const change = Math.round((times - 1) * 100);
  return `${change < 0 ? '−' : '+'}${Math.abs(change)} %`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
