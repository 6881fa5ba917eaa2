/** How many commands are passed on to a leader that refuses some (SP10). */
import { expect, it } from 'vitest';
import { run } from './harness.ts';

const FORWARD = { type: 'forward' };

function start() {
  const chart = run('forwarding', undefined);
  const mayGo = ['eager', 'probing', 'sparing'];
  /** What the driver does with a queue that never ends; at most 100 messages. */
  const send = (): number => {
    let count = 0;
    for (; count < 100 && mayGo.includes(chart.state()); count += 1) {
      if (chart.state() !== 'eager') chart.send({ type: 'propose.sent' });
    }
    return count;
  };
  const tell = (type: 'propose.taken' | 'propose.refused' | 'role.changed', times = 1) =>
    Array.from({ length: times }, () => chart.send({ type })).flat();
  return { chart, send, tell };
}

it('[SP10] a refusal stops everything for a pause, which doubles while probes are refused', () => {
  const { chart, send, tell } = start();
  expect(send()).toBe(100);
  expect(tell('propose.refused', 100)).toEqual([]);
  for (const pauseMs of [20, 40, 80, 160, 320, 320]) {
    expect([chart.advance(pauseMs - 1), send()]).toEqual([[], 0]);
    expect([chart.advance(1), send()]).toEqual([[FORWARD], 1]);
    expect(tell('propose.refused')).toEqual([]);
  }
});

it('[SP10] a probe that nobody answers is followed by another', () => {
  const { chart, send, tell } = start();
  tell('propose.refused');
  for (const pauseMs of [20, 20]) {
    expect([chart.advance(pauseMs), send()]).toEqual([[FORWARD], 1]);
  }
});

it('[SP10] after a refusal each message that is taken makes room for two, until all may go', () => {
  const { chart, send, tell } = start();
  tell('propose.refused');
  chart.advance(20);
  for (let under = send(); under < 64; under *= 2) {
    expect(tell('propose.taken', under)).toHaveLength(under);
    expect(send()).toBe(under < 32 ? under * 2 : 100);
  }
  expect(chart.state()).toBe('eager');
  expect(tell('propose.taken')).toEqual([]);
});

it('[SP10] of another leader nothing is known, and what waits is passed on at once', () => {
  const { chart, send, tell } = start();
  tell('propose.refused');
  chart.advance(20);
  send();
  tell('propose.refused');
  expect(tell('role.changed')).toEqual([FORWARD]);
  expect(send()).toBe(100);
  tell('propose.refused');
  expect(chart.advance(20)).toEqual([FORWARD]);
});
