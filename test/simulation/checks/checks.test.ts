/**
 * A check that cannot fail proves nothing: each property that the simulator reports is violated here once, and seen
 * to be reported, and just not violated, and seen not to be.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Example } from './examples/example.ts';
import { OF_CLIENTS } from './examples/of-clients.ts';
import { OF_CONFIGURATIONS } from './examples/of-configurations.ts';
import { OF_HISTORY } from './examples/of-history.ts';
import { OF_LEASES } from './examples/of-leases.ts';
import { OF_MEMBERS } from './examples/of-members.ts';
import { OF_NODES } from './examples/of-nodes.ts';
import { OF_PAST } from './examples/of-past.ts';
import { OF_PROMISES } from './examples/of-promises.ts';
import { OF_RUNS } from './examples/of-runs.ts';
import { OF_STORE_LEASES } from './examples/of-store-leases.ts';
import { OF_TRANSFERS } from './examples/of-transfers.ts';

const EXAMPLES = [
  ...OF_HISTORY,
  ...OF_CONFIGURATIONS,
  ...OF_PROMISES,
  ...OF_NODES,
  ...OF_MEMBERS,
  ...OF_RUNS,
  ...OF_TRANSFERS,
  ...OF_PAST,
  ...OF_LEASES,
  ...OF_STORE_LEASES,
  ...OF_CLIENTS,
];
const SIMULATOR = fileURLToPath(new URL('../../../src/testing/simulation', import.meta.url));

async function reportedBy({ play }: Example, isWrong: boolean): Promise<readonly string[]> {
  const reported = new Set<string>();
  await play(isWrong, (property) => reported.add(property));
  return [...reported];
}

/** Every property that these functions of the simulator are called with, as often as it stands there. */
function namedIn(calls: RegExp): readonly string[] {
  const files = readdirSync(SIMULATOR, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(SIMULATOR, file), 'utf8').matchAll(calls)])
    .map(([, property]) => property ?? '');
}

describe('every check can fail', () => {
  const named = EXAMPLES.map((example) => [example.property, example.text, example] as const);

  it.each(named)('[SI6] %s: %s', async (_property, _text, example) => {
    expect(await reportedBy(example, true)).toEqual([example.property]);
    expect(await reportedBy(example, false)).toEqual([]);
  });
});

describe('the examples', () => {
  const known = EXAMPLES.map(({ property }) => property);

  it('[SI6] are of every property that the simulator reports', () => {
    const reported = namedIn(
      /(?:(?:eport|iolated|requireAny|converge)\(\s*|\[)'([A-Z]\d\d)'(?!, '[A-Z]\d\d')/g,
    );
    expect([...new Set(known)].sort()).toEqual([...new Set(reported)].sort());
    expect(reported.length).toBeGreaterThan(50);
  });

  it('[SI6] are as many of a property as there are places that report it', () => {
    const places = namedIn(/(?:(?:eport|iolated)\(\s*|\[)'([A-Z]\d\d)'(?!, '[A-Z]\d\d')/g);
    const countIn = (properties: readonly string[], property: string): number =>
      properties.filter((other) => other === property).length;
    const short = places.filter((property) => countIn(known, property) < countIn(places, property));
    expect([...new Set(short)]).toEqual([]);
  });
});
