/** What is drawn of a scene: lanes, cells, lights, and at which pace. */
import { describe, expect, it } from 'vitest';
import { stemOf } from '../../machines/arrow-ids.ts';
import { charts } from '../../machines/index.ts';
import { readChart, statesOf } from '../../visualizations/generator/chart.ts';
import { reduce } from '../../visualizations/page/fold/reduce.ts';
import { EMPTY_SCENE } from '../../visualizations/page/fold/scene.ts';
import { Pacing } from '../../visualizations/page/session/pacing.ts';
import { liveClock } from '../../visualizations/page/session/page-clock.ts';
import { Session } from '../../visualizations/page/session/session.ts';
import { logRows, shownIndexes } from '../../visualizations/page/view/cluster/log-cells.ts';
import { ringOf, wayBetween } from '../../visualizations/page/view/cluster/ring-places.ts';
import { lightsOf } from '../../visualizations/page/view/stage/chart-lights.ts';
import { barsOf } from '../../visualizations/page/view/timeline-bars.ts';
import { stepStates } from '../../visualizations/page/words/step-states.ts';
import { BEGIN, leaderView, takeover, view } from './told.ts';

const scene = takeover().reduce(reduce, EMPTY_SCENE);
const raft = scene.nodes.get('n2')?.actors.get('raft');
if (raft === undefined) throw new Error('n2 has been heard');

describe('the pace of a chart', () => {
  it('[LP5] shows every step of a quick election, one after the other', () => {
    const pacing = new Pacing();
    const seen: string[] = [];
    for (let time = 0; time < 4_000; time += 33) {
      const shown = pacing.stepOf('n2', raft, { now: BEGIN + 130 + time, time });
      if (shown !== null && shown.event !== seen.at(-1)) seen.push(shown.event);
    }
    expect(seen).toEqual([
      ...['link.closed', 'after suspicionDelay', 'preVote.answered'],
      ...['vote.answered', 'peer.progressed'],
    ]);
  });

  it('[LP5] does not replay what happened long ago', () => {
    const shown = new Pacing().stepOf('n2', raft, { now: BEGIN + 60_000, time: 0 });
    expect(shown?.event).toBe('peer.progressed');
  });

  it('[LP5] is that of whoever watches live; where somebody has paused, the chart stands as it is there', () => {
    const session = new Session({ heard: () => {}, now: () => BEGIN + 130 });
    for (const record of takeover()) session.hear(record);
    session.draw();
    expect(session.staged.value).toMatchObject({ node: 'n2', step: raft.steps[0] });
    session.pause();
    expect(session.staged.value).toMatchObject({ node: 'n2', step: raft.steps.at(-1) });
    session.pick('n3');
    expect(session.staged.value).toMatchObject({ node: 'n3', actor: { actor: 'raft' } });
    session.pick('n2');
    session.goLive();
    expect(session.staged.value.step).toEqual(raft.steps[0]);
  });

  it('[LP5] lights where the shown step has led, and the way before it', () => {
    const [closed, delay, answered] = raft.steps;
    expect(lightsOf(raft, answered ?? null)).toEqual({
      lit: ['raft/candidate'],
      taken: answered?.arrow,
      trail: [delay?.arrow, closed?.arrow],
      again: null,
    });
    expect(lightsOf(raft, raft.steps.at(-1) ?? null).lit).toContain('raft/leader.service.serving');
  });
});

describe('the stage', () => {
  it('[LP7] lights each state of every chart by its id in the picture', () => {
    for (const [name, chart] of Object.entries(charts)) {
      const [, ...ids] = [...statesOf(readChart(chart))].map(({ id }) => id);
      for (const id of ids) {
        const actor = { actor: name, chart: stemOf(name), state: id.slice(`${name}/`.length) };
        const scene = reduce(EMPTY_SCENE, view('n1', 0, { actors: [actor] }));
        const shown = scene.nodes.get('n1')?.actors.get(name);
        expect(shown && lightsOf(shown, null).lit).toEqual([id]);
      }
    }
  });
});

describe('the logs', () => {
  it('[LP8] show terms, what is committed and applied, and what the leader knows of others', () => {
    const n3 = view('n3', 2, { lastIndex: 6, commitIndex: 5, lastApplied: 4, firstIndex: 3 });
    const peers = [{ peer: 'n3', link: 'open' as const, next: 7, match: 6, state: 'replicate' }];
    const both = [leaderView('n1', 0, { peers }), n3].reduce(reduce, EMPTY_SCENE);
    const indexes = shownIndexes(both, 8);
    expect(indexes).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const cells = logRows(both, indexes)[1]?.cells ?? [];
    expect(cells.map(({ term }) => term)).toEqual([3, 3, 3, 3, 4, 4, null, null]);
    const holding = (is: (cell: (typeof cells)[number]) => boolean): readonly number[] =>
      cells.filter(is).map(({ index }) => index);
    expect(holding(({ isCommitted }) => isCommitted)).toEqual([1, 2, 3, 4, 5]);
    expect(holding(({ isCommitEnd }) => isCommitEnd)).toEqual([5]);
    expect(holding(({ isApplied }) => isApplied)).toEqual([1, 2, 3, 4]);
    expect(holding(({ isCompacted }) => isCompacted)).toEqual([1, 2]);
    expect(holding(({ isMatch }) => isMatch)).toEqual([6]);
    expect(holding(({ isNext }) => isNext)).toEqual([7]);
  });

  it('[LP8] show what the leader of the newest term knows, not one that has not heard of it', () => {
    const known = (match: number) => [
      { peer: 'n3', link: 'open' as const, next: match + 1, match, state: 'replicate' },
    ];
    const deposed = leaderView('n1', 0, { term: 3, peers: known(2) });
    const leader = leaderView('n2', 0, { term: 4, peers: known(5) });
    const all = [deposed, leader, view('n3', 2, { lastIndex: 5 })].reduce(reduce, EMPTY_SCENE);
    const cells = logRows(all, shownIndexes(all, 8)).at(-1)?.cells ?? [];
    expect(cells.filter(({ isMatch }) => isMatch).map(({ index }) => index)).toEqual([5]);
  });

  it('[LP8] show the newest entries of a long one', () => {
    const long = [view('n1', 0, { lastIndex: 99 })].reduce(reduce, EMPTY_SCENE);
    expect(shownIndexes(long, 4)).toEqual([97, 98, 99, 100]);
  });
});

describe('the places', () => {
  it('[LP8] of up to seven members do not touch, and messages pass each other', () => {
    for (let count = 1; count <= 7; count += 1) {
      const { places, radius, width, height } = ringOf(
        Array.from({ length: count }, (_, at) => `n${at + 1}`),
      );
      const all = [...places.values()];
      for (const [at, one] of all.entries()) {
        for (const edge of [one.x, width - one.x, one.y, height - one.y]) {
          expect(edge).toBeGreaterThan(radius + 14);
        }
        for (const other of all.slice(at + 1)) {
          expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(2 * radius + 28);
          const [there] = wayBetween(one, other, radius);
          const [, back] = wayBetween(other, one, radius);
          expect(Math.hypot(there.x - back.x, there.y - back.y)).toBeCloseTo(12);
        }
      }
    }
  });

  it('[LP8] in time: each role lasts until the next', () => {
    const span = (at: number, role: 'follower' | 'leader' | 'dead') => ({
      ...{ at, role, node: 'n1', term: 1 },
    });
    const spans = [span(0, 'follower'), span(40, 'leader'), span(50, 'dead')];
    const bars = barsOf(spans, { from: 20, to: 120, ended: 110 });
    expect(bars.map(({ span: { role }, x, width }) => [role, x, width])).toEqual([
      ['follower', 0, 200],
      ['leader', 200, 100],
      ['dead', 300, 600],
    ]);
  });
});

describe('the time of the nodes', () => {
  it('[LP8] is told by their records, also where it passes more slowly than here', () => {
    let time = 50_000;
    const clock = liveClock(() => time);
    const errors: number[] = [];
    for (let at = 0; at < 20_000; at += 50) {
      clock.heard(BEGIN + at);
      errors.push(Math.abs(clock.now() - (BEGIN + at)));
      // Every other second passes half as fast.
      time += at % 2_000 < 1_000 ? 50 : 100;
    }
    expect(Math.max(...errors)).toBeLessThan(2_100);
    expect(errors[0]).toBe(0);
  });
});

describe('a step', () => {
  it('[LP8] is named by the regions that changed, or by what holds them all', () => {
    const leading = 'leader.service.establishing leader.quorum.watching';
    expect(stepStates('candidate', leading)).toEqual(['candidate', 'leader']);
    expect(stepStates(leading, 'leader.service.serving leader.quorum.watching')).toEqual([
      ...['leader.service.establishing', 'leader.service.serving'],
    ]);
    expect(stepStates('idle', 'idle')).toEqual(['idle', 'idle']);
    expect(stepStates('a.b c.d', 'e')).toEqual(['a.b + c.d', 'e']);
  });
});
