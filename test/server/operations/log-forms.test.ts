/** The log in both of its forms, and how much of it is written. */
import { expect, it } from 'vitest';
import {
  type Log,
  type LogOptions,
  logFrom,
  logThrough,
} from '../../../src/server/operations/json-log.ts';
import { textLog } from '../../../src/server/operations/text-log.ts';

type Told = readonly [level: Parameters<Log>[0], event: string, fields?: Parameters<Log>[2]];

function linesOf(log: (options: LogOptions) => Log, ...told: readonly Told[]): readonly string[] {
  const lines: string[] = [];
  const write = (line: string): unknown => lines.push(line);
  const made = log({ write, wallTimeMs: () => 0, base: { node: 'n1' } });
  for (const line of told) made(...line);
  return lines;
}

it('[OP8] as text a line says the same for people, and what would disturb a terminal is escaped', () => {
  const role = { role: 'leader', term: 2, leader: null, cause: 'won the election' };
  const evil = {
    reason: 'a\u001b[2J\u009b1m\n2026 fake\u202e',
    links: [{ peer: 'n2' }],
    none: undefined,
  };
  expect(linesOf(textLog, ['info', 'role', role], ['warn', 'peer', evil])).toEqual([
    '1970-01-01T00:00:00.000Z  INFO   role        node=n1 role=leader term=2 leader=null cause="won the election"\n',
    '1970-01-01T00:00:00.000Z  WARN   peer        node=n1 reason="a\\u001b[2J\\u{9b}1m\\n2026 fake\\u{202e}" links=[{"peer":"n2"}] none=undefined\n',
  ]);
});

it('[OP8] only what is at least of the level asked for is written', () => {
  const all: readonly Told[] = (['debug', 'info', 'warn', 'error'] as const).map((level) => [
    level,
    'x',
  ]);
  const written = (['debug', 'info', 'warn', 'error'] as const).map(
    (level) => linesOf((options) => logFrom(() => level, textLog(options)), ...all).length,
  );
  expect(written).toEqual([4, 3, 2, 1]);
});

it('[AC6] [OP8] an administrative act is written whatever the level', () => {
  const log = (options: LogOptions): Log => logFrom(() => 'error', textLog(options));
  expect(linesOf(log, ['info', 'audit', { act: 'compact' }], ['warn', 'peer'])).toHaveLength(1);
});

it('[CL24] nothing is told behind the line that says that a node has stopped', () => {
  const events: string[] = [];
  const log = logThrough('stopped', (_, event) => events.push(event));
  for (const event of ['stopping', 'role', 'stopped', 'serving', 'stopped']) log('info', event);
  expect(events).toEqual(['stopping', 'role', 'stopped']);
});
