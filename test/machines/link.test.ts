/** One connection to one peer: who dials, who is believed when, and how failures are spread out. */
import { expect, it } from 'vitest';
import type { LinkEvent } from '../../machines/link.machine.ts';
import {
  CALL_PATIENCE_MS,
  DIAL_BACKOFF_MAX_MS,
  DIAL_BACKOFF_MIN_MS,
  HANDSHAKE_TIMEOUT_MS,
  LIVENESS_INTERVAL_MS,
} from '../../src/core/limits.ts';
import { N2, only, run } from './harness.ts';

const listener = () => run('link', { peer: N2 });
type Chart = ReturnType<typeof listener>;

/** Has been told to dial, and dials. */
function dialler(random = () => 0): Chart {
  const chart = run('link', { peer: N2 }, { random });
  expect(chart.send({ type: 'dial' })).toEqual([dial(1)]);
  return chart;
}

const said = (attempt: number): LinkEvent => ({ type: 'hello.sent', attempt });
const accepted = (attempt: number): LinkEvent => ({ type: 'hello.accepted', attempt });
const admitted = (call: number): LinkEvent => ({ type: 'call.admitted', call });
const ended = (type: 'hello.refused' | 'socket.silent' | 'socket.closed', why: string) => {
  return (attempt: number, reason = why): LinkEvent => ({ type, attempt, reason });
};
const refused = ended('hello.refused', 'no');
const silent = ended('socket.silent', 'silence');
const closed = ended('socket.closed', 'gone');
const dial = (attempt: number) => ({ type: 'dial', peer: N2, attempt });
const linkOpened = (attempt: number, call: number | null = null) => {
  return { type: 'linkOpened', peer: N2, attempt, call };
};

function called(): Chart {
  const chart = listener();
  chart.send(admitted(8));
  return chart;
}

function open(): Chart {
  const chart = dialler();
  chart.send(said(1));
  chart.send(accepted(1));
  return chart;
}

it('[LR15] the dialler calls at once; a link is open only when the peer was accepted', () => {
  const chart = dialler();
  expect(chart.state()).toBe('dialler.connecting.dialing');
  expect(chart.send(said(1))).toEqual([]);
  expect(chart.state()).toBe('dialler.connecting.handshaking');
  expect(chart.send(accepted(1))).toEqual([linkOpened(1)]);
  expect(chart.state()).toBe('dialler.open');
});

it('[LR15] the other side waits to be called, for as long as it takes', () => {
  const chart = listener();
  expect(chart.started).toEqual([]);
  expect(chart.advance(100_000)).toEqual([]);
  expect(chart.state()).toBe('listener.closed');
  expect(chart.send(admitted(8))).toEqual([linkOpened(1, 8)]);
});

it('[LR15] [MC11] whoever has called and does not any more is called, after a while', () => {
  for (const end of [closed, silent]) {
    const chart = called();
    // That it was to call, while there was a connection, changes nothing.
    expect(chart.send({ type: 'dial' })).toEqual([]);
    chart.send(end(1));
    expect(chart.advance(CALL_PATIENCE_MS - 1)).toEqual([]);
    expect(chart.advance(1)).toEqual([dial(2)]);
    expect(chart.state()).toBe('dialler.connecting.dialing');
  }
});

it('[LR15] a call without an accepted hello in time is hung up and tried again, however far it came', () => {
  for (const waitedMs of [0, HANDSHAKE_TIMEOUT_MS - 1]) {
    const chart = dialler();
    chart.advance(waitedMs);
    chart.send(said(1));
    expect(chart.advance(HANDSHAKE_TIMEOUT_MS - 1 - waitedMs)).toEqual([]);
    const reason = 'no hello in time';
    expect(chart.advance(1)).toEqual([{ type: 'hangUp', peer: N2, attempt: 1, reason }]);
    expect(chart.state()).toBe('dialler.backingOff');
    expect(chart.context()).toMatchObject({ failures: 1, reason });
    expect(chart.advance(2 * DIAL_BACKOFF_MIN_MS)).toEqual([dial(2)]);
  }
});

it('[LR15] the wait before the next call doubles with each failure, up to its bound', () => {
  const chart = dialler();
  const waits = Array.from({ length: 9 }, (_, at) => {
    chart.send(closed(at + 1));
    const startMs = chart.clock.now();
    expect(chart.state()).toBe('dialler.backingOff');
    while (chart.state() === 'dialler.backingOff') chart.clock.step();
    return chart.clock.now() - startMs;
  });
  const doubled = waits.map((_, at) =>
    Math.min(DIAL_BACKOFF_MIN_MS * 2 ** (at + 1), DIAL_BACKOFF_MAX_MS),
  );
  expect(waits).toEqual(doubled);
});

it('[LR15] chance shortens each wait by up to half, so that members do not call in step', () => {
  const chart = dialler(() => 0.999);
  chart.send(closed(1));
  expect(chart.advance(DIAL_BACKOFF_MIN_MS - 1)).toEqual([]);
  expect(chart.advance(2)).toEqual([dial(2)]);
});

it('[LR15] a link that was open begins its waits anew', () => {
  const chart = dialler();
  for (let attempt = 1; attempt < 9; attempt += 1) {
    chart.send(closed(attempt));
    chart.advance(DIAL_BACKOFF_MAX_MS);
  }
  chart.send(said(9));
  chart.send(accepted(9));
  expect(chart.context()).toMatchObject({ failures: 0, attempt: 9 });
  chart.send(closed(9));
  expect(chart.advance(2 * DIAL_BACKOFF_MIN_MS)).toEqual([dial(10)]);
});

it('[LR15] a refused peer is tried again, but slowly, and the reason is kept', () => {
  const chart = dialler();
  chart.send(said(1));
  expect(chart.send(refused(1, 'another cluster'))).toEqual([]);
  expect(chart.state()).toBe('dialler.refused');
  expect(chart.context().reason).toBe('another cluster');
  expect(chart.advance(DIAL_BACKOFF_MAX_MS - 1)).toEqual([]);
  expect(chart.advance(10)).toEqual([dial(2)]);
});

it('[OP3] however often it is refused, the next call comes within a second: it is one story', () => {
  const chart = dialler();
  for (let attempt = 1; attempt <= 3 * DIAL_BACKOFF_MAX_MS; attempt += 1) {
    chart.send(said(attempt));
    chart.send(refused(attempt));
    expect(chart.advance(2 * DIAL_BACKOFF_MAX_MS)).toContainEqual(dial(attempt + 1));
  }
});

it('[LR15] the end of an open link is announced once, and a new call follows', () => {
  const chart = open();
  const [end, ...rest] = chart.send(closed(1));
  expect(end).toMatchObject({ type: 'linkClosed', peer: N2 });
  expect(rest).toEqual([]);
  expect(chart.context()).toMatchObject({ reason: 'gone', failures: 1 });
  expect(chart.send(closed(1))).toEqual([]);
  expect(chart.advance(2 * DIAL_BACKOFF_MIN_MS)).toEqual([dial(2)]);
});

it('[OP2] a link that has said keeps no reason of before, and its end is announced with its own', () => {
  const chart = dialler();
  chart.send(closed(1, 'nobody listens there'));
  chart.advance(2 * DIAL_BACKOFF_MIN_MS);
  chart.send(said(2));
  expect(chart.context().reason).toBe('nobody listens there');
  chart.send(accepted(2));
  expect(chart.context().reason).toBe(null);
  expect(chart.send(silent(2))).toEqual([{ type: 'linkClosed', peer: N2, reason: 'silence' }]);
  expect(chart.context().reason).toBe('silence');
});

it('[LR16] news of another connection than the present one changes nothing, in any state', () => {
  const lives: readonly (readonly [Chart, ...LinkEvent[]])[] = [
    [listener()],
    [dialler()],
    [dialler(), said(1)],
    [dialler(), said(1), accepted(1)],
    [dialler(), said(1), refused(1)],
    [dialler(), closed(1)],
  ];
  for (const [chart, ...past] of lives) {
    for (const event of past) chart.send(event);
    const before = [chart.state(), chart.context()];
    const stale = [
      said(0),
      accepted(0),
      refused(0),
      closed(0),
      silent(0),
      accepted(7),
      said(7),
      refused(7),
      closed(7),
      silent(7),
    ];
    expect(stale.flatMap((event) => chart.send(event))).toEqual([]);
    expect([chart.state(), chart.context()]).toEqual(before);
  }
});

it('[LR16] a dialler takes a call as well, whatever it does just then, and goes on dialling after it', () => {
  for (const before of [[], [said(1)], [closed(1)], [said(1), refused(1)]]) {
    const chart = dialler();
    for (const event of before) chart.send(event);
    expect(chart.send(admitted(8))).toEqual([linkOpened(2, 8)]);
    expect(chart.send(admitted(9)).map(({ type }) => type)).toEqual(['linkClosed', 'linkOpened']);
    expect(chart.send(closed(3)).map(({ type }) => type)).toEqual(['linkClosed']);
    expect(chart.advance(2 * DIAL_BACKOFF_MIN_MS)).toEqual([dial(4)]);
  }
});

it('[LR16] a newer call replaces the open one: the old is closed before the new is said', () => {
  const chart = called();
  const effects = chart.send(admitted(9));
  expect(effects.map(({ type }) => type)).toEqual(['linkClosed', 'linkOpened']);
  expect(effects.at(-1)).toEqual(linkOpened(2, 9));
  expect(chart.send(closed(1))).toEqual([]);
  expect(chart.state()).toBe('listener.open');
  expect(chart.send(closed(2)).map(({ type }) => type)).toEqual(['linkClosed']);
});

it('[LR16] a new call is taken as soon as the last has ended', () => {
  const chart = called();
  chart.send(closed(1));
  expect(chart.state()).toBe('listener.closed');
  expect(chart.context().reason).toBe('gone');
  expect(chart.send(admitted(9))).toEqual([linkOpened(2, 9)]);
  expect(only(chart.advance(100_000), 'dial', 'linkClosed')).toEqual([]);
});

it.each([
  ['dialled', open],
  ['called', called],
])(
  '[LR17] an open link that was %s is checked at each interval, and closed when the far end is found silent',
  (_, make) => {
    const chart = make();
    const check = { type: 'checkAlive', peer: N2, attempt: 1 };
    expect(chart.advance(LIVENESS_INTERVAL_MS - 1)).toEqual([]);
    expect(chart.advance(1)).toEqual([check]);
    expect(chart.advance(2 * LIVENESS_INTERVAL_MS)).toEqual([check, check]);
    expect(chart.send(silent(1)).map(({ type }) => type)).toEqual(['linkClosed']);
    expect(chart.context()).toMatchObject({ reason: 'silence', failures: 1 });
    expect(only(chart.advance(100_000), 'checkAlive')).toEqual([]);
  },
);

it('[LR17] a new call is checked from its own beginning', () => {
  const chart = called();
  chart.advance(LIVENESS_INTERVAL_MS - 1);
  chart.send(admitted(9));
  expect(chart.advance(LIVENESS_INTERVAL_MS - 1)).toEqual([]);
  expect(chart.advance(1)).toEqual([{ type: 'checkAlive', peer: N2, attempt: 2 }]);
});
