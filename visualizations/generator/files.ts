/** All that `npm run visualize` writes, and what of it is stale. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { stemOf } from '../../machines/arrow-ids.ts';
import { planActors } from './actors.ts';
import { readChart } from './chart.ts';
import { writeJson } from './json.ts';
import { layOut } from './layout.ts';
import { type Plan, planPicture } from './plan.ts';
import { drawSvg } from './svg.ts';

/** The content of every file, by its name. */
export function drawAll(
  charts: Readonly<Record<string, AnyStateMachine>>,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const draw = (stem: string, plan: Plan): void => {
    const layout = layOut(plan);
    files.set(`${stem}.svg`, drawSvg(layout, 'light'));
    files.set(`${stem}.dark.svg`, drawSvg(layout, 'dark'));
  };
  for (const [name, machine] of Object.entries(charts)) {
    const stem = stemOf(name);
    const plan = planPicture(readChart(machine));
    files.set(`${stem}.json`, writeJson(machine));
    draw(stem, plan);
  }
  draw('actors', planActors(charts));
  return files;
}

/** Drawn from experiments and by a browser, not from charts (such as `npm run elections`, `npm run page-picture`). */
const DRAWN_ELSEWHERE: readonly string[] = [
  ...['benchmarks', 'elections', 'page', 'profile-1', 'profile-1000'],
].flatMap((stem) => [`${stem}.svg`, `${stem}.dark.svg`]);

/** Files in `directory` that differ, are missing, or belong to no chart any more. */
export function staleFiles(
  directory: string,
  files: ReadonlyMap<string, string>,
): readonly string[] {
  const present = readdirSync(directory).filter((name) => /\.(svg|json)$/.test(name));
  const left = present.filter((name) => !files.has(name) && !DRAWN_ELSEWHERE.includes(name));
  const changed = [...files.keys()].filter(
    (name) =>
      !present.includes(name) || readFileSync(join(directory, name), 'utf8') !== files.get(name),
  );
  return [...changed, ...left].sort();
}
