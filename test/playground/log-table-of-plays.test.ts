/** The log table of the playground beside the logs that the nodes of a play have, at each of its steps. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { VIEWED_ENTRIES_MAX } from '../../src/node/limits.ts';
import type { RaftNode } from '../../src/node/raft-node.ts';
import { reduce } from '../../visualizations/page/fold/reduce.ts';
import { EMPTY_SCENE, type Scene } from '../../visualizations/page/fold/scene.ts';
import { logRows } from '../../visualizations/page/view/cluster/log-cells.ts';
import { TOUR } from '../../visualizations/playground/session/tour.ts';
import { perform } from '../scenarios/play.ts';
import type { Stage } from '../scenarios/stage.ts';
import { theatreOf } from './opened.ts';

const folder = fileURLToPath(new URL('../scenarios/', import.meta.url));
const plays = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.txt'))
  .map((path) => path.replace(/\\/g, '/').replace(/\.txt$/, ''))
  .sort();

/** `1 applied, 1 committed, 2`: of each node that has a log, by its name. */
type Table = Readonly<Record<string, string>>;

const EMPTY: Table = {};

/** As the nodes have it after each line. */
async function tablesOf(text: string): Promise<readonly Table[]> {
  const tables: Table[] = [];
  let stage: Stage | null = null;
  const rows = (): readonly (readonly [string, string])[] =>
    stage?.all.flatMap(({ id, node }) => {
      const log = node === null ? null : logOf(node);
      return log === null ? [] : [[id, log] as const];
    }) ?? [];
  const told = (): null => {
    tables.push(Object.fromEntries(rows()));
    return null;
  };
  const opened = (risen: Stage): void => {
    stage = risen;
  };
  await perform(text, {}, { opened, told });
  return tables;
}

/** `null`: it has halted, and has a disk, but no log any more; what it said last is still shown. */
function logOf(node: RaftNode): string | null {
  const { raft } = node.inspection();
  if (raft === null) return null;
  const { base, lastIndex, termRuns } = raft.log;
  const first = Math.max(base.index, lastIndex - VIEWED_ENTRIES_MAX) + 1;
  const indexes = Array.from({ length: lastIndex - first + 1 }, (_, at) => first + at);
  return inWords(
    indexes.map((index) => ({
      term: termRuns.findLast((run) => run.firstIndex <= index)?.term ?? null,
      isCommitted: index <= raft.commitIndex,
      isApplied: index <= node.status().lastApplied,
    })),
  );
}

interface Entry {
  readonly term: number | null;
  readonly isCommitted: boolean;
  readonly isApplied: boolean;
}

function inWords(entries: readonly Entry[]): string {
  const words = entries.map(
    ({ term, isCommitted, isApplied }) =>
      `${term}${isApplied ? ' applied' : isCommitted ? ' committed' : ''}`,
  );
  return words.join(', ');
}

/** As whoever looks has it after each step. */
async function tablesShown(name: string, text: string): Promise<readonly Table[]> {
  const theatre = theatreOf({ kind: 'play', name }, text);
  const tables: Table[] = [];
  let scene = EMPTY_SCENE;
  for (let isOver = false; !isOver; ) {
    const { records, ...beat } = await theatre.advance({ step: tables.length + 1 });
    scene = records.reduce(reduce, scene);
    while (tables.length < beat.step) tables.push(shown(scene));
    isOver = beat.isOver;
  }
  await theatre.close();
  return tables;
}

function shown(scene: Scene): Table {
  const lasts = [...scene.nodes.values()].map(({ view }) => view?.lastIndex ?? 0);
  const indexes = Array.from({ length: Math.max(0, ...lasts) }, (_, at) => at + 1);
  const rows = logRows(scene, indexes).filter(({ node: { presence, view } }) => {
    return presence === 'running' && view?.lifecycle !== 'halted';
  });
  return Object.fromEntries(
    rows.map(({ node, cells }) => [node.id, inWords(cells.filter(({ term }) => term !== null))]),
  );
}

it('[PG9] the tour has plays, and this folder has them', () => {
  const told = TOUR.flatMap(({ run }) => (run.kind === 'play' ? [run.name] : []));
  expect(told.length).toBeGreaterThan(1);
  expect(plays).toEqual(expect.arrayContaining(told));
});

for (const play of plays) {
  it(`[PG9] at each step of ${play} the log table is what the nodes have`, async () => {
    const text = readFileSync(`${folder}${play}.txt`, 'utf8');
    const [truth, told] = [await tablesOf(text), await tablesShown(play, text)];
    expect(truth.at(-1)).not.toEqual(EMPTY);
    expect(told).toEqual(truth);
  });
}
