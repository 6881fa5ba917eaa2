/** The examples of `raftchart/testing`, run as users run them, and what `docs/TESTING.md` says of them. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { explainFailure, simulateSeed } from 'raftchart/testing';
import { describe, expect, it } from 'vitest';
import { careful, forgetful, shopOf } from '../../examples/inventory.ts';

const run = promisify(execFile);
const COUNTER = new URL('../../examples/simulate-counter.ts', import.meta.url);
const ROLES = new URL('../../examples/test-the-roles.ts', import.meta.url);
const PAGE = new URL('../../docs/TESTING.md', import.meta.url);

/** Bound: seeds within which a shop that forgets is found. */
const SEEDS_MAX = 12;

/** The first seed from 1 on that finds the machine wrong, with the property; `null`: none through `seedMax` does. */
async function firstRed(
  machine: typeof careful,
  seedMax: number,
): Promise<[number, string] | null> {
  for (let seed = 1; seed <= seedMax; seed += 1) {
    const { violation } = await simulateSeed(seed, shopOf(machine));
    if (violation !== null) return [seed, violation.property];
  }
  return null;
}

/** The lines that the page shows of the explanation of that seed. */
async function shownExplanation(): Promise<readonly string[]> {
  const [, shown = ''] = /```\n(seed=[\s\S]*?)```/.exec(await readFile(PAGE, 'utf8')) ?? [];
  const lines = shown.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(10);
  return lines;
}

describe('examples/inventory.ts', () => {
  it('[TS9] the shop that forgets its orders is soon red, and the one that remembers them is green', {
    timeout: 300_000,
  }, async () => {
    const [seed, property] = (await firstRed(forgetful, SEEDS_MAX)) ?? [0, 'none'];
    expect(property).toBe('S32');
    const explanation = await explainFailure(seed, shopOf(forgetful));
    expect(explanation).toMatch(
      /^seed=\d+ version=\d+: S32: \d+ are in stock, and \d+ are left[\s\S]*outcomeUnknown[\s\S]*VIOLATION S32/,
    );
    for (const line of await shownExplanation()) expect(explanation).toContain(line);
    expect(await firstRed(careful, Math.max(seed, 6))).toBeNull();
  });
});

/** What it prints, line by line, when a user runs it. */
async function printed(example: URL): Promise<readonly string[]> {
  const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
  const { stdout } = await run(process.execPath, [tsx, fileURLToPath(example)]);
  return stdout.trim().split('\n');
}

it('[TS10] examples/simulate-counter.ts runs, and finds nothing', {
  timeout: 300_000,
}, async () => {
  const lines = await printed(COUNTER);
  expect(lines).toHaveLength(10);
  for (const line of lines) expect(line).toMatch(/^seed \d+: \d+ calls, .*every property holds$/);
  expect(await readFile(PAGE, 'utf8')).toContain(`\`\`\`\n${lines.slice(0, 2).join('\n')}\n…`);
});

it('[TS11] examples/test-the-roles.ts runs, sees leaders and every role, and finds nothing', async () => {
  const [schedules, ways] = await printed(ROLES);
  expect(schedules).toMatch(/^40 schedules, [1-9]\d* with a leader$/);
  expect(ways).toMatch(/^\d{3} situations in 8 states$/);
});

it.each([
  [COUNTER, 30],
  [ROLES, 40],
])('[TS10] [TS11] %s stands in docs/TESTING.md, and has at most %i lines', async (path, most) => {
  const example = await readFile(path, 'utf8');
  expect(await readFile(PAGE, 'utf8')).toContain(`\`\`\`ts\n${example}\`\`\``);
  expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(most);
});
