/** The doors of the package as they are published: what `npm test` has just built into `dist`. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Every module outside the package that the declarations behind a door mention. */
function foreignTypesOf(door: string): readonly string[] {
  const foreign = new Set<string>();
  const seen = new Set<string>();
  const waiting = [resolve(ROOT, door)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, from, dynamic] of text.matchAll(/from ['"](.+?)['"]|import\(['"](.+?)['"]\)/g)) {
      const specifier = from ?? dynamic ?? '';
      if (!specifier.startsWith('.')) foreign.add(specifier);
      else waiting.push(resolve(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts')));
    }
  }
  return [...foreign];
}

describe('the doors', () => {
  it.each(['dist/src/index.d.ts', 'dist/src/client/index.d.ts'])(
    '[EM10] the types behind %s are all our own',
    (door) => {
      expect(foreignTypesOf(door)).toEqual([]);
    },
  );

  it('[EM11] raftchart exports these names', async () => {
    expect(Object.keys(await import('../../src/index.ts')).sort()).toEqual([
      'DEFAULT_LIMITS',
      'DEFAULT_TIMING',
      'InvariantViolation',
      'RaftError',
      'createNode',
      'defineMachine',
      'levelLogStore',
      'memoryLogStore',
      'startRaftNode',
      'systemClock',
      'systemRandom',
      'webSocketTransport',
    ]);
  });

  it('[EM11] raftchart/client exports these names', async () => {
    expect(Object.keys(await import('../../src/client/index.ts')).sort()).toEqual([
      'CompactedError',
      'ConditionFailedError',
      'RaftError',
      'connect',
    ]);
  });

  it('[EM11] raftchart/machines exports these names', async () => {
    expect(Object.keys(await import('../../machines/index.ts')).sort()).toEqual([
      'bindCharts',
      'charts',
      'linkId',
      'replicationId',
    ]);
  });
});
