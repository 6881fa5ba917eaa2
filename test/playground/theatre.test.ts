import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import { reduce } from '../../visualizations/page/fold/reduce.ts';
import { EMPTY_SCENE, leadersOf, type Scene } from '../../visualizations/page/fold/scene.ts';
import type { Beat, Theatre } from '../../visualizations/playground/engine/theatre.ts';
import {
  type ClusterRun,
  DEFAULT_CLUSTER,
  type Deed,
  type RunDescription,
} from '../../visualizations/playground/run/run.ts';
import { TOUR, type TourStep } from '../../visualizations/playground/session/tour.ts';
import { theatreOf } from './opened.ts';

const [n1, n4] = [nodeId('n1'), nodeId('n4')];

let theatre: Theatre | null = null;

async function opened(run: RunDescription, text = ''): Promise<Theatre> {
  await theatre?.close();
  const stage = theatreOf(run, text);
  theatre = stage;
  return stage;
}

afterEach(async () => {
  await theatre?.close();
  theatre = null;
});

const RUN: ClusterRun = {
  ...DEFAULT_CLUSTER,
  deeds: [{ step: 500, deed: { type: 'put', node: nodeId('n1'), key: 'a', value: 'secret' } }],
};

async function through(run: RunDescription, stops: readonly number[]): Promise<readonly Beat[]> {
  const stage = await opened(run);
  const beats: Beat[] = [];
  for (const step of stops) {
    do beats.push(await stage.advance({ step }));
    while ((beats.at(-1)?.step ?? 0) < step);
  }
  return beats;
}

function tourStep(title: string): TourStep {
  const step = TOUR.find((each) => each.title === title);
  if (step === undefined) throw new Error(`the tour has no step "${title}"`);
  return step;
}

function stateOf(scene: Scene, node: string): string | undefined {
  return scene.nodes.get(node)?.actors.get('raft')?.state;
}

/** What an onlooker has seen at each of these steps. */
async function scenesOf(run: RunDescription, stops: readonly number[]): Promise<readonly Scene[]> {
  const beats = await through(run, stops);
  let scene = EMPTY_SCENE;
  const scenes = beats.map(({ records, step }) => {
    scene = records.reduce(reduce, scene);
    return [step, scene] as const;
  });
  return stops.map((stop) => scenes.findLast(([step]) => step <= stop)?.[1] ?? EMPTY_SCENE);
}

describe('the theatre', () => {
  it('[PG4] tells the same of the same run up to each step, however often it stopped on the way', async () => {
    const whole = await through(RUN, [900]);
    const often = await through(RUN, [100, 499, 500, 501, 899, 900]);
    const [one, other] = [whole, often].map((beats) => beats.flatMap(({ records }) => records));
    expect(other).toEqual(one);
    expect(often.at(-1)?.hash).toBe(whole.at(-1)?.hash);
    const steps = often.flatMap((beat) => beat.steps);
    expect(steps).toEqual([...steps].sort((left, right) => left - right));
    expect(steps).toHaveLength(one?.length ?? 0);
  });

  it('[PG4] tells everything at the time of the run, whatever the clocks of the nodes say', async () => {
    const [beat] = await through({ kind: 'seed', seed: '11', version: 4 }, [400]);
    const { nowMs = 0, records = [] } = beat ?? {};
    expect(records.length).toBeGreaterThan(100);
    const times = records.map(({ at }) => at);
    expect(times).toEqual([...times].sort((left, right) => left - right));
    expect(times.at(-1)).toBeLessThanOrEqual(nowMs);
    const views = records.flatMap((record) => (record.type === 'view' ? [record] : []));
    const timers = views.flatMap(({ at, view }) => view.timers.map((timer) => ({ at, ...timer })));
    expect(timers.length).toBeGreaterThan(10);
    for (const { at, endsAt } of timers) expect(endsAt).toBeGreaterThan(at - 50);
  });

  it.each<Deed>([
    { type: 'put', node: n1, key: 'a', value: 'b' },
    { type: 'crash', node: n1, power: false },
    { type: 'freeze', node: n1 },
    { type: 'diskStall', node: n1 },
    { type: 'restart', node: n1 },
    { type: 'mend' },
    { type: 'transfer', node: n1, to: null },
    { type: 'change', node: n1, add: [n4], promote: [n4], remove: [] },
    { type: 'partition', shape: 'random', cuts: [{ from: n1, to: n4 }], isHard: true },
  ])('[PG4] says at the next step that this was done: %j', async (deed) => {
    const stage = await opened(DEFAULT_CLUSTER);
    await stage.advance({ step: 200 });
    stage.perform(deed);
    const { records } = await stage.advance({ step: 201 });
    expect(records.filter(({ type }) => type === 'note')).toHaveLength(1);
  });

  it.each<Deed>([
    { type: 'crash', node: n1, power: false },
    { type: 'crash', node: n1, power: true },
    { type: 'freeze', node: n1 },
  ])('[PG4] says of who is down that nothing changes for it: %j', async (deed) => {
    const kill: Deed = { type: 'crash', node: n1, power: false };
    const deeds = [kill, deed].map((each, at) => ({ step: 200 + 100 * at, deed: each }));
    const beats = await through({ ...DEFAULT_CLUSTER, deeds }, [400]);
    const told = beats.flatMap(({ records }) =>
      records.flatMap((record) =>
        record.type === 'note' && record.node === n1 ? [record.text] : [],
      ),
    );
    expect(told).toEqual(['is killed, as you wish.', 'was down already, and stays so.']);
  });

  it('[PG4] shows no byte of what is written', async () => {
    const beats = await through(RUN, [900]);
    const told = JSON.stringify(beats);
    expect(told).toContain('answers the write of a: it is committed');
    expect(told).not.toContain('secret');
  });

  it('[PG6] keeps what the tour says of pre-votes: who is cut off asks in vain and comes back', async () => {
    const { run } = tourStep('Pre-votes');
    const [before = EMPTY_SCENE, cutOff = EMPTY_SCENE, after = EMPTY_SCENE] = await scenesOf(
      run,
      [640, 1_000, 1_400],
    );
    const [leader] = leadersOf(before);
    expect(stateOf(cutOff, 'n1')).toBe('preCandidate');
    expect(leader?.id).not.toBe('n1');
    expect(stateOf(after, 'n1')).toBe('follower.loyal');
    expect(leadersOf(after).map(({ id }) => id)).toEqual([leader?.id]);
    expect(after.nodes.get('n1')?.view?.term).toBe(leader?.view?.term);
  });

  it('[PG6] keeps what the tour says of members: n4 learns, and then votes', async () => {
    const { run } = tourStep('Changing the members');
    const [before = EMPTY_SCENE, joining = EMPTY_SCENE, after = EMPTY_SCENE] = await scenesOf(
      run,
      [640, 850, 1_600],
    );
    expect([...before.nodes.keys()]).toEqual(['n1', 'n2', 'n3']);
    expect([...joining.nodes.keys()]).toContain('n4');
    const [leader] = leadersOf(after);
    expect(leader?.view?.members.voters).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  it('[PG4] shows every node from its start, and none that waits to be asked', async () => {
    const [scene] = await scenesOf({ ...DEFAULT_CLUSTER, nodes: 3 }, [200]);
    const shown = [...(scene?.nodes.values() ?? [])].map(({ id, view }) => [id, view?.role]);
    expect(shown).toEqual(['n1', 'n2', 'n3'].map((id) => [id, 'follower']));
  });

  it('[PG4] shows the nodes of a seed from their start', async () => {
    const [beat] = await through({ kind: 'seed', seed: '7', version: 4 }, [400]);
    const records = beat?.records ?? [];
    const views = new Set(records.flatMap(({ type, node }) => (type === 'view' ? [node] : [])));
    const heard = new Set(
      records.flatMap(({ type, node }) => (type === 'transition' ? [node] : [])),
    );
    expect(heard.size).toBeGreaterThan(2);
    expect(views).toEqual(heard);
  });

  it('[PG5] performs a play line by line, to the letter', async () => {
    const text = await readFile(
      new URL('../scenarios/commitment/figure-3-7.txt', import.meta.url),
      'utf8',
    );
    const stage = await opened({ kind: 'play', name: 'commitment/figure-3-7' }, text);
    const lines: string[] = [];
    for (let beat: Beat | null = null; beat === null || !beat.isOver; ) {
      beat = await stage.advance({ step: (beat?.step ?? 0) + 1 });
      for (const record of beat.records) if (record.type === 'note') lines.push(record.text);
    }
    expect(lines.join('\n')).toBe(text);
  });
});
