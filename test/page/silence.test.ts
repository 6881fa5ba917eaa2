/** Who has fallen silent, by what whoever looks can know. */
import { expect, it } from 'vitest';
import { reduce } from '../../visualizations/page/fold/reduce.ts';
import { EMPTY_SCENE, shownRole } from '../../visualizations/page/fold/scene.ts';
import type { PageRecord } from '../../visualizations/page/stream/page-record.ts';
import { Reach } from '../../visualizations/page/stream/reach.ts';
import { Silence } from '../../visualizations/page/stream/silence.ts';
import { describedNode } from '../../visualizations/page/words/described-node.ts';
import { BEGIN, message, presence, view } from './told.ts';

function timer(endsAt: number) {
  return {
    actor: 'raft',
    name: 'electionTimeoutMinimum',
    startedAt: BEGIN,
    endsAt: BEGIN + endsAt,
  };
}

/** Looks twice a second. */
function listening() {
  let now = 0;
  const silence = new Silence(() => now);
  const pass = (ms: number): readonly string[] => {
    let silent = silence.look();
    for (let left = ms; left > 0; left -= 500) {
      now += Math.min(500, left);
      silent = silence.look();
    }
    return silent.map(({ node, forMs }) => `${node} ${forMs}`);
  };
  const sleep = (ms: number): void => {
    now += ms;
  };
  return { hear: (record: PageRecord) => silence.heard(record), pass, sleep };
}

it('[LP13] finds silent whoever says nothing for seconds after its timer should have fired', () => {
  const { hear, pass } = listening();
  hear(view('n1', 0, { timers: [timer(9_000), timer(400)] }));
  hear(view('n2', 0, { timers: [timer(9_000)] }));
  expect(pass(3_399)).toEqual([]);
  expect(pass(1)).toEqual(['n1 3400']);
  hear(message('sent', ['n2', 'n1'], 3_400));
  expect(pass(3_400)).toEqual(['n1 6800']);
  hear(message('sent', ['n1', 'n2'], 6_800));
  expect(pass(3_399)).toEqual([]);
});

it('[LP13] finds nobody silent who has no timer, or of whom it is known that it does not run', () => {
  const { hear, pass } = listening();
  hear(view('n1', 0, { role: 'halted', timers: [] }));
  hear(view('n2', 0, { timers: [timer(400)] }));
  hear(presence('n2', 10, 'stopped', 'was stopped'));
  expect(pass(60_000)).toEqual([]);
  hear(presence('n2', 60_000, 'running', 'was let go on'));
  expect(pass(60_000)).toEqual([]);
  hear(view('n2', 60_000, { timers: [timer(60_400)] }));
  expect(pass(3_400)).toEqual(['n2 3400']);
});

it('[LP13] accuses nobody when it was the page that slept', () => {
  const { hear, pass, sleep } = listening();
  hear(view('n1', 0, { timers: [timer(400)] }));
  sleep(3_600_000);
  expect(pass(500)).toEqual([]);
  expect(pass(2_000)).toEqual(['n1 3500']);
});

it('[LP13] shows for how long it was not heard of, and that it is heard of again', () => {
  const told: PageRecord[] = [];
  const reach = new Reach((record) => told.push(record));
  reach.heard(view('n1', 0, { term: 4 }));
  reach.silent('n1', 3_400);
  reach.silent('n1', 3_900);
  const silent = told.reduce(reduce, EMPTY_SCENE).nodes.get('n1');
  if (silent === undefined) throw new Error('n1 has been heard');
  expect(shownRole(silent)).toBe('silent');
  expect(describedNode(silent, BEGIN + 4_200)).toMatch(/^n1 not heard of for 4 s/);
  reach.heard(message('sent', ['n1', 'n2'], 5_000));
  expect(told.slice(1).map((record) => ('how' in record ? record.how : record.type))).toEqual([
    'has not been heard of for 3 s',
    'is heard of again',
    'sent',
  ]);
  reach.heard(presence('n1', 5_100, 'dead', 'was killed'));
  reach.silent('n1', 9_000);
  expect(told).toHaveLength(5);
  const back = told.slice(0, 4).reduce(reduce, EMPTY_SCENE).nodes.get('n1');
  expect(back).toMatchObject({ presence: 'running', view: { term: 4 } });
});
