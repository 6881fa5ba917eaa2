/** Lines that others cause at will: how many of them are written, and what is told of the others. */
import { expect, it } from 'vitest';
import { LOG_LINES_MAX, LOG_LINES_MS, LOG_TEXT_LENGTH_MAX } from '../../../src/server/limits.ts';
import { boundedLog } from '../../../src/server/operations/bounded-log.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

function opened() {
  const clock = new VirtualClock();
  const lines: object[] = [];
  const { leftOut, log } = boundedLog(
    (level, event, fields) => lines.push({ level, event, ...fields }),
    { setIdleTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs) },
  );
  const refused = (times: number, outcome = 'RAFT_UNAUTHENTICATED'): void => {
    for (let time = 0; time < times; time += 1) log('info', 'audit', { act: 'backup', outcome });
  };
  return { clock, leftOut, lines, log, refused };
}

const LEFT_OUT = { level: 'warn', event: 'leftOut', of: 'audit', withinMs: LOG_LINES_MS };

it('[OP13] of refusals for one reason a few are written, and then how many were left out', () => {
  const { clock, leftOut, lines, refused } = opened();
  refused(LOG_LINES_MAX + 5);
  refused(1, 'RAFT_FORBIDDEN');
  expect(lines).toHaveLength(LOG_LINES_MAX + 1);
  clock.advance(LOG_LINES_MS);
  const told = { ...LEFT_OUT, reason: 'RAFT_UNAUTHENTICATED', lines: 5 };
  expect(lines.slice(LOG_LINES_MAX + 1)).toEqual([told]);
  refused(LOG_LINES_MAX + 2);
  clock.advance(LOG_LINES_MS);
  expect(lines.at(-1)).toEqual({ ...told, lines: 2 });
  expect(lines).toHaveLength(2 * LOG_LINES_MAX + 3);
  expect([...leftOut]).toEqual([['audit', 7]]);
});

it('[OP13] where all were written nothing is told of them, and they are forgotten', () => {
  const { clock, lines, refused } = opened();
  for (let minute = 0; minute < 3; minute += 1) {
    refused(LOG_LINES_MAX);
    clock.advance(LOG_LINES_MS);
  }
  expect(lines).toHaveLength(3 * LOG_LINES_MAX);
});

it('[OP13] what others can say or provoke is bounded as well, and what was done is not', async () => {
  const { leftOut, lines, log } = opened();
  const times = LOG_LINES_MAX + 1;
  for (let time = 0; time < times; time += 1) {
    log('info', 'audit', { act: 'access status', outcome: 'done' });
    log('info', 'role', { term: time });
    log('warn', 'joining', { message: `${time}` });
    log('info', 'founding', { message: `${time}` });
    log('error', 'fault', { message: `${time}` });
  }
  expect(lines).toHaveLength(2 * times + 3 * LOG_LINES_MAX);
  expect(Object.fromEntries(leftOut)).toEqual({ joining: 1, founding: 1, fault: 1 });
});

it('[OP13] [OP3] strangers who call by names that they make up hide no member, nor does one who takes a member name', () => {
  const { clock, leftOut, lines, log } = opened();
  const told = (peer: string, more: object = {}): void =>
    log('warn', 'peer', { peer, problem: 'refused', isOver: false, ...more });
  for (let call = 0; call < 180; call += 1) told(`x${call}`, { isStranger: true });
  for (let call = 0; call < 70; call += 1) told('n2');
  told('n3');
  for (let call = 0; call < 70; call += 1) told('n2', { problem: 'stalled' });
  expect(lines).toHaveLength(2 * LOG_LINES_MAX + 1 + 70);
  expect([...leftOut]).toEqual([['peer', 130]]);
  clock.advance(LOG_LINES_MS);
  expect(lines.slice(-2)).toEqual([
    { ...LEFT_OUT, of: 'peer', lines: 120 },
    { ...LEFT_OUT, of: 'peer', reason: 'n2', lines: 10 },
  ]);
});

it('[OP13] a text of any length is cut', () => {
  const { lines, log } = opened();
  log('warn', 'joining', { code: 'X', message: 'x'.repeat(LOG_TEXT_LENGTH_MAX + 1) });
  log('warn', 'joining', { code: 'X', message: 'x'.repeat(LOG_TEXT_LENGTH_MAX) });
  const whole = { level: 'warn', event: 'joining', code: 'X', message: 'x'.repeat(4_096) };
  expect(lines).toEqual([{ ...whole, message: `${whole.message}…` }, whole]);
});

it('[OP13] what is made of many short words is cut as well, and what is not too long stays what it is', () => {
  const { lines, log } = opened();
  const short = { remove: ['n1'] };
  log('info', 'audit', { outcome: 'done', about: short });
  log('info', 'audit', { outcome: 'done', about: { remove: Array(2_000).fill('n1') } });
  const [whole, cut] = lines as readonly { readonly about: unknown }[];
  expect(whole?.about).toBe(short);
  expect(cut?.about).toMatch(/^\{"remove":\["n1",.*…$/);
  expect(String(cut?.about)).toHaveLength(LOG_TEXT_LENGTH_MAX + 1);
});
