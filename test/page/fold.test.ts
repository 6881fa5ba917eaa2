/** The story as the page folds it: the same at every place, whichever way one came there, and bounded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressOf } from '../../visualizations/page/fold/flights.ts';
import { CHAPTER_RECORDS, CHAPTERS_MAX } from '../../visualizations/page/fold/limits.ts';
import { reduce } from '../../visualizations/page/fold/reduce.ts';
import {
  EMPTY_SCENE,
  leadersOf,
  type Scene,
  shownRole,
} from '../../visualizations/page/fold/scene.ts';
import { Story } from '../../visualizations/page/session/story.ts';
import type { PageRecord } from '../../visualizations/page/stream/page-record.ts';
import { BEGIN, leaderView, message, presence, step, takeover, view } from './told.ts';

function sceneOf(records: readonly PageRecord[]): Scene {
  return records.reduce(reduce, EMPTY_SCENE);
}

function roles(scene: Scene): Readonly<Record<string, string>> {
  return Object.fromEntries([...scene.nodes.values()].map((node) => [node.id, shownRole(node)]));
}

const anyRecord: fc.Arbitrary<PageRecord> = fc.constantFrom(
  ...takeover(),
  presence('n1', 400, 'running', 'runs again'),
  presence('n3', 410, 'stopped', 'was stopped'),
  view('n1', 420, { startedAt: BEGIN + 400, term: 5 }),
  { type: 'missed', sequence: 9, at: BEGIN + 430, node: 'n2', count: 700 },
);

describe('the story', () => {
  it('[LP1] is the same at every place, however one came there', () => {
    const places = fc.array(fc.nat(900), { maxLength: 20 });
    const told = fc.array(anyRecord, { minLength: 1, maxLength: 900, size: 'max' });
    fc.assert(
      fc.property(told, places, (records, visited) => {
        const story = new Story();
        for (const record of records) story.tell(record);
        for (const place of visited.filter((each) => each <= records.length)) {
          expect(story.sceneAt(place)).toEqual(sceneOf(records.slice(0, place)));
        }
        expect(story.scene).toEqual(sceneOf(records));
      }),
      { numRuns: 30 },
    );
  });

  it('[LP1] shows who is what after each record of an election', () => {
    const records = takeover();
    const seen = records.map((_, at) => roles(sceneOf(records.slice(0, at + 1))).n2);
    expect([...new Set(seen)]).toEqual([
      undefined,
      'follower',
      'preCandidate',
      'candidate',
      'leader',
    ]);
    const scene = sceneOf(records);
    expect(roles(scene)).toEqual({ n1: 'dead', n2: 'leader', n3: 'follower' });
    expect(scene.nodes.get('n2')?.view?.term).toBe(5);
    expect(scene.protagonist).toBe('n2');
  });

  it('[LP1] has an eye on the leader until somebody else changes role', () => {
    const doubts = step('n2', 3, {
      ...{ event: 'after electionTimeoutMinimum', from: 'follower.loyal', to: 'follower.doubtful' },
    });
    const early = [view('n2', 1), view('n3', 2), doubts, leaderView('n1', 4)];
    expect(sceneOf(early).protagonist).toBe('n1');
    const asks = step('n3', 5, { event: 'x', from: 'follower.doubtful', to: 'preCandidate' });
    expect(sceneOf([...early, asks, leaderView('n1', 6)]).protagonist).toBe('n3');
  });

  it('[LP1] begins the charts of a node anew when it begins a new life', () => {
    const again = view('n2', 500, { startedAt: BEGIN + 490, state: 'follower.leaderless' });
    const raft = sceneOf([...takeover(), again])
      .nodes.get('n2')
      ?.actors.get('raft');
    expect(raft).toMatchObject({ state: 'follower.leaderless', steps: [], stays: 0 });
  });

  it('[LP1] knows nothing of a node that was started again until it is heard', () => {
    const again = [...takeover(), presence('n1', 600, 'running', 'was started again')];
    const scene = sceneOf(again);
    expect(roles(scene).n1).toBe('unheard');
    expect(leadersOf(scene).map(({ id }) => id)).toEqual(['n2']);
  });

  it('[LP4] forgets its oldest part past a bound, and keeps the numbers of its places', () => {
    const story = new Story();
    story.tell(presence('n1', 0, 'dead', 'was killed'));
    const count = CHAPTER_RECORDS * CHAPTERS_MAX + 700;
    const record = (at: number): PageRecord =>
      step('n2', at, { event: 'heard', from: 'follower.loyal', to: 'follower.loyal' });
    for (let at = 1; at < count; at += 1) story.tell(record(at));
    expect([story.first, story.last]).toEqual([3 * CHAPTER_RECORDS, count]);
    expect(story.sceneAt(count - 5).at).toBe(BEGIN + count - 6);
    expect(story.sceneAt(0).count).toBe(story.first);
    expect(story.placeAt(BEGIN + count - 100)).toBe(count - 99);
    expect(story.spans[0]).toMatchObject({ node: 'n1', role: 'dead' });
  });
});

describe('messages under way', () => {
  const sent = message('sent', ['n1', 'n2'], 10);
  const received = message('received', ['n1', 'n2'], 14);

  it('[LP3] are one each, whichever end is heard first', () => {
    for (const ends of [
      [sent, received],
      [received, sent],
    ]) {
      const { flights } = sceneOf(ends);
      expect(flights).toHaveLength(1);
      expect(flights[0]).toMatchObject({
        ...{ from: 'n1', to: 'n2', sentAt: BEGIN + 10, receivedAt: BEGIN + 14 },
      });
    }
  });

  it('[LP3] that are said again word for word are two', () => {
    const again = message('sent', ['n1', 'n2'], 60);
    const { flights } = sceneOf([sent, received, again]);
    expect(flights.map(({ receivedAt }) => receivedAt)).toEqual([BEGIN + 14, null]);
  });

  it('[LP3] move for as long as an eye needs, and are gone then', () => {
    const [flight] = sceneOf([sent, received]).flights;
    if (flight === undefined) throw new Error('one is under way');
    const at = (after: number): number | null =>
      progressOf(flight, { now: BEGIN + 10 + after, flightMs: 420 });
    expect([at(-1), at(0), at(210), at(421)]).toEqual([null, 0, 0.5, null]);
    const later = message('sent', ['n3', 'n2'], 5_000);
    expect(sceneOf([sent, received, later]).flights).toHaveLength(1);
  });

  it('[LP3] are shown after a clock was set back, and those of before are gone', () => {
    const hour = 3_600_000;
    const before = sceneOf([message('sent', ['n1', 'n2'], 100)]);
    const after = reduce(before, message('sent', ['n1', 'n3'], 100 - hour));
    expect(after.at).toBe(BEGIN + 100 - hour);
    const ways = after.flights.map(({ from, to }) => `${from} ${to}`);
    expect(ways).toEqual(['n1 n3']);
    const shortly = reduce(before, message('sent', ['n1', 'n3'], 90));
    expect([shortly.at, shortly.flights.length]).toEqual([BEGIN + 100, 2]);
  });

  it('[LP3] of a node that is dead are none', () => {
    expect(sceneOf([sent, presence('n1', 12, 'dead', 'was killed')]).flights).toEqual([]);
  });
});
