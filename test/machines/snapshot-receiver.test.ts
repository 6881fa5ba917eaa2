/** How a member comes by a snapshot of another one (§5.2): one at a time, at its own pace, and to its end. */
import { expect, it } from 'vitest';
import { N1, N2, run } from './harness.ts';

const start = () => run('snapshotReceiver', undefined);
const offered = (from = N2) => ({ type: 'snapshot.offered', from }) as const;
const [stored, completed, cut, installed] = [
  { type: 'chunk.stored' },
  { type: 'pull.completed' },
  { type: 'pull.ended' },
  { type: 'install.ended' },
] as const;
const pull = (from = N2) => ({ type: 'pullSnapshot', from });
const endPull = { type: 'endPull' };
const install = { type: 'installSnapshot' };

it('[IS4] [E9] one is fetched to its end and installed, whatever else is offered meanwhile', () => {
  const chart = start();
  expect(chart.send(offered())).toEqual([pull()]);
  expect(chart.send(offered(N1))).toEqual([]);
  expect(chart.send(stored)).toEqual([]);
  expect(chart.send(completed)).toEqual([endPull, install]);
  expect(chart.send(offered(N1))).toEqual([]);
  expect(chart.send(installed)).toEqual([]);
  expect(chart.send(offered(N1))).toEqual([pull(N1)]);
});

it('[IS5] a fetch that was cut begins again at an offer, a pause later', () => {
  const chart = start();
  chart.send(offered());
  expect(chart.send(cut)).toEqual([endPull]);
  expect(chart.send(offered(N1))).toEqual([]);
  chart.advance(199);
  expect(chart.send(offered(N1))).toEqual([]);
  chart.advance(1);
  expect(chart.send(offered(N1))).toEqual([pull(N1)]);
});

it('[IS5] whoever sends nothing for too long is given up; each chunk counts anew', () => {
  const chart = start();
  chart.send(offered());
  expect(chart.advance(4_999)).toEqual([]);
  chart.send(stored);
  expect(chart.advance(4_999)).toEqual([]);
  expect(chart.advance(1)).toEqual([endPull]);
  expect(chart.state()).toBe('pausing');
});

it('[SH4] a disk that fails ends it wherever it is, and so the node', () => {
  const before = [[], [offered()], [offered(), completed]];
  for (const events of before) {
    const chart = start();
    for (const event of events) chart.send(event);
    chart.send({ type: 'snapshot.failed', error: 'EIO' });
    expect(chart.state()).toBe('failed');
    expect(chart.context().error).toBe('EIO');
  }
});
