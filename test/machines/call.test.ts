/** One call by somebody: who is believed when, and every way in which it ends without that. */
import { expect, it } from 'vitest';
import type { CallEvent } from '../../machines/call.machine.ts';
import { type Hello, PROTOCOL_VERSION } from '../../src/core/hello.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../../src/core/limits.ts';
import { index } from '../../src/core/types.ts';
import { N1, N2, run } from './harness.ts';

const helloOf = (from: typeof N1, to: typeof N1): Hello => ({
  protocolVersion: PROTOCOL_VERSION,
  machineVersion: 1,
  identity: { clusterId: 'c', nodeId: from, incarnation: 'i', boots: 1, lineage: ['a'] },
  to,
  configurationIndex: index(0),
  purpose: 'talk',
  address: null,
});
const HELLO = helloOf(N1, N2);
const ANSWER = helloOf(N2, N1);

const received: CallEvent = { type: 'hello.received', hello: HELLO };
const believed: CallEvent = { type: 'hello.believed', hello: HELLO };
const ready: CallEvent = { type: 'answer.ready', hello: HELLO, answer: ANSWER };
const refused: CallEvent = { type: 'hello.refused', said: 'no' };
const gone: CallEvent = { type: 'socket.closed' };
const message: CallEvent = { type: 'message.received' };
const ended = { type: 'callEnded', call: 7 };
const closing = (text: string, kind = 'local') => ({ type: 'closeCall', call: 7, kind, text });

type Chart = ReturnType<typeof expecting>;

function expecting() {
  return run('call', { call: 7 });
}

function judging(): Chart {
  const chart = expecting();
  expect(chart.send(received)).toEqual([{ type: 'judgeHello', call: 7, hello: HELLO }]);
  return chart;
}

function introducing(): Chart {
  const chart = judging();
  expect(chart.send(believed)).toEqual([{ type: 'introduce', call: 7, hello: HELLO }]);
  return chart;
}

it('[ID1] [ID6] a caller is answered when its proof, and then that it may know this start, is on disk', () => {
  const chart = introducing();
  const admit = { type: 'admitCall', call: 7, hello: HELLO, answer: ANSWER };
  expect(chart.send(ready)).toEqual([admit, ended]);
  expect(chart.state()).toBe('admitted');
});

it('[ID8] a caller that never says who it is is hung up', () => {
  const chart = expecting();
  expect(chart.started).toEqual([]);
  expect(chart.advance(HANDSHAKE_TIMEOUT_MS - 1)).toEqual([]);
  expect(chart.advance(1)).toEqual([closing('no hello in time'), ended]);
  expect(chart.state()).toBe('ended');
});

it('[ID1] once it has said who it is, it waits for the disk for as long as that takes', () => {
  for (const chart of [judging(), introducing()]) {
    expect(chart.advance(100 * HANDSHAKE_TIMEOUT_MS)).toEqual([]);
  }
});

it('[ID5] [ID9] a refused caller is told what it may know, and the call is over', () => {
  const chart = judging();
  expect(chart.send(refused)).toEqual([closing('no', 'refused'), ended]);
  expect(chart.state()).toBe('ended');
});

it('[ID8] a caller that has gone opens no link, whatever the disk says afterwards', () => {
  for (const chart of [expecting(), judging(), introducing()]) {
    expect(chart.send(gone)).toEqual([ended]);
    expect([believed, ready, refused].flatMap((event) => chart.send(event))).toEqual([]);
    expect(chart.state()).toBe('ended');
  }
});

it('[TR1] whoever speaks before its hello, or says a second one, is hung up', () => {
  expect(expecting().send(message)).toEqual([closing('a message before the hello'), ended]);
  for (const chart of [judging(), introducing()]) {
    expect(chart.send(received)).toEqual([closing('a second hello'), ended]);
  }
});

it('[ID1] what it says before it is believed moves nothing', () => {
  for (const chart of [judging(), introducing()]) {
    const before = chart.state();
    expect(chart.send(message)).toEqual([]);
    expect(chart.state()).toBe(before);
  }
});
