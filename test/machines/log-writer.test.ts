/** Group commit: one synced write under way, everything that comes meanwhile goes with the next (§10.2.1). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { run } from './harness.ts';

const start = () => run('logWriter', { stallTimeoutMs: 100 });
const request = { type: 'write.requested' } as const;
const failed = { type: 'write.failed', error: 'EIO' } as const;
const completed = (batch: number) => ({ type: 'write.completed', batch }) as const;
const flush = (batch: number) => ({ type: 'flushLog', batch });
const durable = (batch: number) => ({ type: 'logDurable', batch });

it('[PS6] the completion of another batch than the one under way changes nothing', () => {
  const chart = start();
  chart.send(request);
  expect(chart.send(completed(0))).toEqual([]);
  expect(chart.send(completed(2))).toEqual([]);
  expect(chart.state()).toBe('writing.prompt');
  chart.send(completed(1));
  expect(chart.send(completed(1))).toEqual([]);
  expect(chart.state()).toBe('idle');
});

it('[PS8] a write that takes too long is announced once, and its end as well', () => {
  const chart = start();
  chart.send(request);
  expect(chart.advance(99)).toEqual([]);
  expect(chart.advance(1)).toEqual([{ type: 'diskStalled', stalledForMs: 100 }]);
  expect(chart.advance(10_000)).toEqual([]);
  expect(chart.send(request)).toEqual([]);
  expect(chart.send(completed(1))).toEqual([{ type: 'diskRecovered' }, durable(1), flush(2)]);
  expect(chart.state()).toBe('writing.prompt');
});

it('[OP4] a stall ends when its write is done, and not when it fails', () => {
  const chart = start();
  chart.send(request);
  chart.advance(100);
  expect(chart.send(completed(7))).toEqual([]);
  expect(chart.state()).toBe('writing.stalled');
  expect(chart.send(completed(1))).toEqual([{ type: 'diskRecovered' }, durable(1)]);
  expect(chart.state()).toBe('idle');
  chart.send(request);
  chart.advance(100);
  expect(chart.send(failed)).toEqual([]);
});

it('[PS8] each write has its own time', () => {
  const chart = start();
  chart.send(request);
  for (let batch = 1; batch <= 10; batch += 1) {
    chart.send(request);
    expect(chart.advance(60)).toEqual([]);
    expect(chart.send(completed(batch))).toEqual([durable(batch), flush(batch + 1)]);
  }
});

it('[PS7] a failed write is final: nothing is written or announced after it', () => {
  for (const before of [[], [request], [request, request]]) {
    const chart = start();
    for (const event of before) chart.send(event);
    expect(chart.send(failed)).toEqual([]);
    expect(chart.state()).toBe('failed');
    expect(chart.advance(10_000)).toEqual([]);
    expect(chart.state()).toBe('failed');
  }
});

it('[PS6] one write at a time, none forgotten, for any order of requests and completions', () => {
  const step = fc.constantFrom('request', 'complete', 'stale', 'wait');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const chart = start();
      let [underWay, asked, written] = [0, 0, 0];
      let gathered = 0;
      for (const each of steps) {
        if (each === 'request') {
          asked += 1;
          const isIdle = underWay === 0;
          if (isIdle) underWay = 1;
          else gathered += 1;
          expect(chart.send(request)).toEqual(isIdle ? [flush(chart.context().batch)] : []);
        } else if (each === 'complete' && underWay > 0) {
          written += underWay;
          underWay = gathered;
          gathered = 0;
          const said = chart.send(completed(chart.context().batch)).map(({ type }) => type);
          const expected = underWay > 0 ? ['logDurable', 'flushLog'] : ['logDurable'];
          expect(said.filter((type) => type !== 'diskRecovered')).toEqual(expected);
        } else if (each === 'stale')
          expect(chart.send(completed(chart.context().batch - 1))).toEqual([]);
        else if (each === 'wait') chart.advance(70);
      }
      while (underWay > 0) {
        written += underWay;
        underWay = gathered;
        gathered = 0;
        chart.send(completed(chart.context().batch));
      }
      expect(written).toBe(asked);
      expect(chart.state()).toBe('idle');
    }),
    { numRuns: 300 },
  );
});
