/** What is done by hand while a run goes on: its page and its worker take it to be done at the same step. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import { DEFAULT_CLUSTER, type Deed } from '../../visualizations/playground/run/run.ts';
import { Projector } from '../../visualizations/playground/session/projector.ts';
import type { Order } from '../../visualizations/playground/worker/worker-messages.ts';

const performed: { readonly step: number; readonly deed: Deed }[] = [];

/** Obeys one order after the other, as those of the playground do; seven steps at a time. */
class SteppingWorker extends EventTarget {
  #step = 0;
  #obeyed = Promise.resolve();

  postMessage(order: Order): void {
    this.#obeyed = this.#obeyed.then(() => this.#obey(order));
  }

  terminate(): void {}

  #obey(order: Order): void {
    if (order.type === 'perform') performed.push({ step: this.#step, deed: order.deed });
    if (order.type !== 'advance') return;
    this.#step += Math.min(7, (order.until.step ?? Number.POSITIVE_INFINITY) - this.#step);
    const beat = { step: this.#step, nowMs: this.#step, records: [], steps: [], broken: null };
    const data = { type: 'beat', beat: { ...beat, hash: '', isOver: false } };
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

beforeEach(() => {
  performed.length = 0;
  vi.stubGlobal('Worker', SteppingWorker);
  vi.stubGlobal('location', { hash: '' });
  vi.stubGlobal('history', { replaceState: () => {}, pushState: () => {} });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it('[PG8] what is done on the way to a step is part of the run at the step at which it was done', async () => {
  const kill: Deed = { type: 'crash', node: nodeId('n1'), power: false };
  const projector = new Projector(DEFAULT_CLUSTER, async () => '');
  const opened = projector.open(DEFAULT_CLUSTER, 20);
  projector.perform(kill);
  await opened;
  projector.perform({ type: 'mend' });
  const stepped = projector.step();
  projector.perform({ type: 'restart', node: nodeId('n1') });
  await stepped;
  const run = projector.run.value;
  await expect.poll(() => performed.length).toBe(3);
  expect(run.kind === 'cluster' ? run.deeds : null).toEqual(performed);
  expect(performed.map(({ step }) => step)).toEqual([7, 20, 21]);
});

it('[PG8] a step that is asked for while the run plays is taken behind its frame, and what was done before it is done by then', async () => {
  const kill: Deed = { type: 'crash', node: nodeId('n1'), power: false };
  const projector = new Projector(DEFAULT_CLUSTER, async () => '');
  await projector.open(DEFAULT_CLUSTER, 20);
  projector.playOrPause();
  projector.tick(20);
  projector.perform(kill);
  await projector.step();
  expect(projector.standing.value.step).toBe(28);
  expect(performed).toEqual([{ step: 27, deed: kill }]);
});

it('[PG8] on the way to a step no other is taken', async () => {
  const projector = new Projector(DEFAULT_CLUSTER, async () => '');
  const opened = projector.open(DEFAULT_CLUSTER, 20);
  await projector.step();
  await opened;
  expect(projector.standing.value.step).toBe(20);
});
