import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import { LinkError } from '../../visualizations/playground/run/link-text.ts';
import {
  type ClusterRun,
  DEFAULT_CLUSTER,
  type Deed,
} from '../../visualizations/playground/run/run.ts';
import { linkOf, runFrom, stepFrom } from '../../visualizations/playground/run/run-link.ts';

const node = fc.integer({ min: 1, max: 7 }).map((number) => nodeId(`n${number}`));
const nodes = fc.array(node, { maxLength: 3 });
const word = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const direction = fc.record({ from: node, to: node });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ type: fc.constant('crash' as const), node, power: fc.boolean() }),
  fc.record({ type: fc.constantFrom('freeze', 'restart', 'diskStall', 'wipe'), node }),
  fc.record({ type: fc.constant('put' as const), node, key: word, value: word }),
  fc.record({
    type: fc.constant('partition' as const),
    shape: fc.constant('random' as const),
    cuts: fc.array(direction, { maxLength: 5 }),
    isHard: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('change' as const),
    node,
    add: nodes,
    promote: nodes,
    remove: nodes,
  }),
  fc.record({ type: fc.constant('transfer' as const), node, to: fc.option(node) }),
  fc.constant<Deed>({ type: 'mend' }),
);
const cluster: fc.Arbitrary<ClusterRun> = fc.record({
  kind: fc.constant('cluster' as const),
  nodes: fc.integer({ min: 1, max: 7 }),
  seed: word,
  heartbeatIntervalMs: fc.integer({ min: 1, max: 100 }),
  electionTimeoutMinMs: fc.integer({ min: 101, max: 500 }),
  electionTimeoutMaxMs: fc.integer({ min: 500, max: 1_000 }),
  latencyMs: fc.integer({ min: 0, max: 100 }),
  jitterMs: fc.double({ min: 0, max: 100, noNaN: true }),
  deeds: fc.array(fc.record({ step: fc.nat(), deed }), { maxLength: 10 }),
});

describe('the link of a run', () => {
  it('[PG3] gives back the run it was made of', () => {
    fc.assert(
      fc.property(cluster, fc.nat({ max: 100_000 }), (run, step) => {
        const link = `#${linkOf(run, step)}`;
        expect(runFrom(link)).toEqual(run);
        expect(stepFrom(link)).toBe(step);
      }),
      { numRuns: 300 },
    );
    expect(runFrom(linkOf({ kind: 'seed', seed: 'a b', version: 4 }))).toEqual({
      ...{ kind: 'seed', seed: 'a b', version: 4 },
    });
    expect(runFrom('#play=elections/split-vote').kind).toBe('play');
    expect(runFrom('')).toEqual(DEFAULT_CLUSTER);
    expect(stepFrom('seed=7&version=4')).toBeNull();
  });

  it('[PG3] that is none is refused in a sentence, and nothing else is thrown', () => {
    const parts = fc.constantFrom(
      ...[
        'step=',
        'nodes=',
        'deeds=',
        'seed=',
        'version=',
        'play=',
        'jitterMs=',
        '[[1,"put",{',
        ']]',
        '&',
      ],
      ...['8', '-1', 'NaN', '"n9"', '../x', '4', '%00', '[', 'null', '1e9', '[[0,"__proto__",{}]]'],
    );
    const garbage = fc.array(fc.oneof(parts, fc.string()), { maxLength: 12 });
    fc.assert(
      fc.property(garbage, (words) => {
        try {
          runFrom(words.join(''));
          stepFrom(words.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(LinkError);
          expect(String(error)).toMatch(/^LinkError: [A-Za-z].*[.?]$/);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(() => runFrom('deeds=[[0,"__proto__",{}]]')).toThrow('Deed 1 of the link');
    expect(() => runFrom('nodes=8')).toThrow('nodes is a number from 1 to 7.');
    expect(() => runFrom('deeds=[[0,"crash",{"node":"x"}]]')).toThrow('n1 to n7');
    const unspeakable = '{"toString":1,"valueOf":1}';
    for (const deed of [
      `[0,${unspeakable},{}]`,
      '[0,["crash"],{"node":"n1"}]',
      `[0,"put",{"node":"n1","key":${unspeakable},"value":""}]`,
      `[0,"put",{"node":"n1","key":"k","value":${unspeakable}}]`,
      `[0,"disorder",{"directions":[],"disorder":{"lossRate":${unspeakable}}}]`,
    ]) {
      expect(() => runFrom(`deeds=[${deed}]`), deed).toThrow(LinkError);
    }
    expect(() => runFrom('play=../../etc/passwd')).toThrow('This link names no play');
    expect(() => runFrom('nodes=3&nodes=5')).toThrow('This link says nodes twice.');
    expect(() => runFrom('play=elections/split-vote&nodes=5')).toThrow('play and nodes');
    expect(() => runFrom('seed=1&version=5&deeds=[]')).toThrow('version and deeds');
    expect(() => runFrom('hello')).toThrow('This link says hello, which is no part of a run. Try ');
    expect(() => runFrom('seed=%E0%A4%A')).toThrow('A percent sign');
    expect(() => runFrom('seed=1&version=99')).toThrow(
      'version 99 of the simulator, which knows 1, 3',
    );
  });
});
