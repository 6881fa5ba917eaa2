/** Founding by number, as the chart has it: when a node asks, when it writes, and how it ends. */
import { expect, it } from 'vitest';
import type { FoundingEvent } from '../../machines/founding.machine.ts';
import {
  type FoundingState,
  type FoundingWord,
  NOTHING_FOUNDED,
  type Proposal,
} from '../../src/core/founding.ts';
import {
  FOUNDING_NEWS_PAUSE_MS,
  FOUNDING_QUESTION_PAUSE_MS,
  FOUNDING_QUESTIONS_MAX,
} from '../../src/core/limits.ts';
import { nodeId } from '../../src/core/types.ts';
import { run } from './harness.ts';

const ALL = ['n1', 'n2', 'n3'];
const ASK = { type: 'askFounders' };
const store = (state: FoundingState) => ({ type: 'storeFounding', state });

function word(id: string, state: FoundingState = NOTHING_FOUNDED): FoundingWord {
  const self = { id: nodeId(id), incarnation: '1', address: `${id}:1` };
  return { cluster: '', expected: 3, self, state };
}

function proposal(round: number, ids = ALL): Proposal {
  const members = ids.map((id) => word(id).self);
  return { founder: { id: nodeId(ids[0] ?? ''), incarnation: '1' }, round, members };
}

const proposed: FoundingState = { round: 1, promised: proposal(1), foundation: null };
const takenBack: FoundingState = { round: 2, promised: null, foundation: null };
const promised: FoundingState = { round: 0, promised: proposal(1), foundation: null };
const founded: FoundingState = { ...promised, foundation: proposal(1) };

const heard = (id: string, state?: FoundingState): FoundingEvent => ({
  type: 'word.heard',
  word: word(id, state),
});
const stored = (state: FoundingState): FoundingEvent => ({ type: 'founding.stored', state });

type Chart = ReturnType<typeof starting>;

function starting(own = word('n1')) {
  return run('founding', { own });
}

function gathering(id = 'n1'): Chart {
  const chart = starting(word(id));
  expect(chart.send(stored(NOTHING_FOUNDED))).toEqual([ASK]);
  expect(chart.state()).toBe('gathering');
  return chart;
}

function proposing(): Chart {
  const chart = gathering();
  expect(chart.send(heard('n2'))).toEqual([]);
  expect(chart.send(heard('n3'))).toEqual([store(proposed)]);
  expect(chart.send(stored(proposed))).toEqual([ASK]);
  expect(chart.state()).toBe('proposing');
  return chart;
}

function bound(): Chart {
  const chart = gathering('n2');
  expect(chart.send(heard('n1', proposed))).toEqual([store(promised)]);
  expect(chart.send(stored(promised))).toEqual([ASK]);
  expect(chart.state()).toBe('promised');
  return chart;
}

it('[FO1] says nothing before it is on disk who it is, and nothing new before that is', () => {
  const chart = starting();
  expect(chart.started).toEqual([store(NOTHING_FOUNDED)]);
  expect(chart.advance(60_000)).toEqual([]);
  chart.send(stored(NOTHING_FOUNDED));
  chart.send(heard('n2'));
  chart.send(heard('n3'));
  expect(chart.state()).toBe('storing');
  expect(chart.context().own.state).toEqual(NOTHING_FOUNDED);
  expect(chart.advance(60_000)).toEqual([]);
  chart.send(stored(proposed));
  expect(chart.context().own.state).toEqual(proposed);
});

it('[FO10] asks four times a second, wherever it waits', () => {
  expect(FOUNDING_QUESTION_PAUSE_MS).toBe(250);
  for (const chart of [gathering(), proposing(), bound()]) {
    expect(chart.advance(249)).toEqual([]);
    expect(chart.advance(1)).toEqual([ASK]);
    expect(chart.advance(500)).toEqual([ASK, ASK]);
  }
});

it('[FO10] forgets what it heard 20 questions ago', () => {
  const chart = gathering();
  chart.send(heard('n2'));
  chart.advance(FOUNDING_QUESTIONS_MAX * 250 - 1);
  expect(chart.context().heard).toHaveLength(1);
  chart.advance(1);
  expect(chart.context().heard).toEqual([]);
  expect(chart.send(heard('n3'))).toEqual([]);
  expect(chart.send(heard('n2'))).toEqual([store(proposed)]);
});

it('[FO10] [FO4] takes a proposal back of which nothing came for 20 questions, and may make another', () => {
  const chart = proposing();
  chart.send(heard('n2', promised));
  expect(chart.advance(FOUNDING_QUESTIONS_MAX * 250)).toHaveLength(FOUNDING_QUESTIONS_MAX);
  expect(chart.advance(250)).toEqual([store(takenBack)]);
  expect(chart.send(stored(takenBack))).toEqual([ASK]);
  expect(chart.state()).toBe('gathering');
  chart.send(heard('n2'));
  const again = { round: 3, promised: proposal(3, ['n1', 'n2', 'n4']), foundation: null };
  expect(chart.send(heard('n4'))).toEqual([store(again)]);
});

it('[FO6] [FO10] founds once all have promised, and goes on telling them', () => {
  const chart = proposing();
  expect(chart.send(heard('n2', promised))).toEqual([]);
  const foundation = { ...proposed, foundation: proposal(1) };
  expect(chart.send(heard('n3', promised))).toEqual([store(foundation)]);
  expect(chart.send(stored(foundation))).toEqual([ASK]);
  expect(chart.state()).toBe('founded');
  expect(chart.advance(FOUNDING_NEWS_PAUSE_MS - 1)).toEqual([]);
  expect(chart.advance(1)).toEqual([ASK]);
  expect(chart.send(heard('n2', promised))).toEqual([]);
  expect(chart.advance(2 * FOUNDING_NEWS_PAUSE_MS)).toEqual([ASK, ASK]);
  expect(chart.state()).toBe('founded');
});

it('[FO5] [FO7] once promised it waits for its founder, for a foundation or to be released', () => {
  const chart = bound();
  chart.advance(100 * FOUNDING_QUESTIONS_MAX * 250);
  expect(chart.state()).toBe('promised');
  expect(chart.send(heard('n1', takenBack))).toEqual([store(NOTHING_FOUNDED)]);
  expect(chart.send(stored(NOTHING_FOUNDED))).toEqual([ASK]);
  expect(chart.state()).toBe('gathering');

  const other = bound();
  expect(other.send(heard('n3', founded))).toEqual([store(founded)]);
  expect(other.send(stored(founded))).toEqual([ASK]);
  expect(other.state()).toBe('founded');
});

it('[FO8] is late where there is a cluster without it, however that was founded', () => {
  const elsewhere = { ...NOTHING_FOUNDED, promised: proposal(1), foundation: proposal(1) };
  const chart = gathering('n4');
  expect(chart.send(heard('n2', elsewhere))).toEqual([]);
  expect(chart.state()).toBe('late');
  const other = gathering('n4');
  other.send({ type: 'cluster.met', clusterId: 'c' });
  expect(other.state()).toBe('late');
});

it('[FO8] whoever is bound learns of another cluster, and leaves nobody for it', () => {
  for (const chart of [proposing(), bound()]) {
    const before = chart.state();
    expect(chart.send({ type: 'cluster.met', clusterId: 'c' })).toEqual([]);
    expect(chart.state()).toBe(before);
    expect(chart.context().met).toBe('c');
  }
});

it('[FO8] whoever was bound when it met a cluster founds nothing any more once it is free', () => {
  const chart = bound();
  chart.send({ type: 'cluster.met', clusterId: 'c' });
  expect(chart.send(heard('n1', takenBack))).toEqual([store(NOTHING_FOUNDED)]);
  chart.send(stored(NOTHING_FOUNDED));
  expect(chart.send(heard('n1', { ...proposed, round: 3, promised: proposal(3) }))).toEqual([]);
  expect(chart.state()).toBe('late');
});

it('[FO11] goes on where it was, and what it has founded it has founded for good', () => {
  const cases = [
    [word('n1', proposed), 'proposing'],
    [word('n2', promised), 'promised'],
    [word('n2', founded), 'founded'],
  ] as const;
  for (const [own, state] of cases) {
    const chart = starting(own);
    expect(chart.started).toEqual([store(own.state)]);
    chart.send(stored(own.state));
    expect(chart.state()).toBe(state);
  }
});

it('[PS7] says nothing more once the disk has failed', () => {
  const chart = starting();
  const error = new Error('full');
  expect(chart.send({ type: 'founding.unstored', error })).toEqual([]);
  expect(chart.state()).toBe('failed');
  expect(chart.context().error).toBe(error);
});
