import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import {
  type SteppedCluster,
  startCluster,
} from '../../visualizations/playground/engine/cluster-run.ts';
import { startSeed } from '../../visualizations/playground/engine/seed-run.ts';
import { type ClusterRun, DEFAULT_CLUSTER } from '../../visualizations/playground/run/run.ts';
import { runSeed } from '../simulation/runner/run-seed.ts';

const RUN: ClusterRun = {
  ...DEFAULT_CLUSTER,
  deeds: [
    { step: 0, deed: { type: 'crash', node: nodeId('n1'), power: false } },
    { step: 250, deed: { type: 'put', node: nodeId('n2'), key: 'a', value: '1' } },
    { step: 300, deed: { type: 'crash', node: nodeId('n3'), power: true } },
    { step: 450, deed: { type: 'restart', node: nodeId('n3') } },
  ],
};

function unseen(): void {}

/** Ends a run that nobody watches any more, so that the real world is let in again. */
async function ended(run: SteppedCluster): Promise<void> {
  run.gate.abandon();
  await run.finished;
}

describe('a run of the playground', () => {
  it('[PG1] is the same for the same description, however it is cut into steps', async () => {
    const whole = startCluster(RUN, unseen);
    await whole.gate.letPass(() => whole.gate.step < 600);
    const hash = whole.hash();
    await ended(whole);
    const cut = startCluster(RUN, unseen);
    for (const stop of [1, 2, 250, 251, 300, 599, 600]) {
      await cut.gate.letPass(() => cut.gate.step < stop);
      expect(cut.gate.step).toBe(stop);
    }
    expect(cut.hash()).toBe(hash);
    expect(cut.broken()).toBeNull();
    await ended(cut);
  });

  it('[PG1] does by hand at a step what its description says for it', async () => {
    const { deeds, ...rest } = RUN;
    const planned = startCluster(RUN, unseen);
    const byHand = startCluster({ ...rest, deeds: [] }, unseen);
    await planned.gate.letPass(() => planned.gate.step < 600);
    const hash = planned.hash();
    await ended(planned);
    for (const { step, deed } of deeds) {
      await byHand.gate.letPass(() => byHand.gate.step < step);
      byHand.perform(deed);
    }
    await byHand.gate.letPass(() => byHand.gate.step < 600);
    expect(byHand.hash()).toBe(hash);
    await ended(byHand);
  });

  it('[PG2] of a seed, taken in steps, is what the simulator runs', async () => {
    const seed = '7';
    const report = await runSeed(seed, { version: 4 });
    const run = startSeed({ kind: 'seed', seed, version: 4 }, unseen);
    await run.gate.letPass(() => run.gate.step < 1_000);
    expect(run.gate.step).toBe(1_000);
    await run.gate.letPass(() => true);
    await run.finished;
    expect(run.hash()).toBe(report.hash);
    expect(run.gate.step).toBe(report.events);
  });
});
