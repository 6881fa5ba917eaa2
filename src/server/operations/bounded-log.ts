/**
 * Lines that others can cause as often as they like, as whoever guesses tokens does: of each kind a few are written, the others are
 * counted, and then told in one line, so that nobody fills a disk with them (OP13).
 */
import type { ConnectionClock } from '../../ports/clock.ts';
import { LOG_LINES_MAX, LOG_LINES_MS, LOG_TEXT_LENGTH_MAX } from '../limits.ts';
import type { Log, LogFields } from './json-log.ts';
import { count } from './server-counters.ts';

interface BoundedLog {
  readonly log: Log;
  /** How many lines were left out, by event. */
  readonly leftOut: ReadonlyMap<string, number>;
}

export function boundedLog(log: Log, clock: Pick<ConnectionClock, 'setIdleTimeout'>): BoundedLog {
  const leftOut = new Map<string, number>();
  /** Of each kind of which some were written lately, how many came since then. */
  const lately = new Map<string, number>();
  const begin = (kind: string): void => {
    lately.set(kind, 0);
    clock.setIdleTimeout(() => end(kind), LOG_LINES_MS);
  };
  const end = (kind: string): void => {
    const lines = (lately.get(kind) ?? 0) - LOG_LINES_MAX;
    lately.delete(kind);
    if (lines <= 0) return;
    const [of, reason] = kind.split(' ');
    log('warn', 'leftOut', {
      of,
      ...(reason !== undefined && { reason }),
      lines,
      withinMs: LOG_LINES_MS,
    });
    begin(kind);
  };
  const isOneTooMany = (kind: string): boolean => {
    if (!lately.has(kind)) begin(kind);
    count(lately, kind, 1);
    return (lately.get(kind) ?? 0) > LOG_LINES_MAX;
  };
  return {
    leftOut,
    log: (level, event, fields = {}) => {
      const kind = kindOf(event, fields);
      if (kind !== null && isOneTooMany(kind)) count(leftOut, event, 1);
      else log(level, event, shortened(fields));
    },
  };
}

/** A fault that was provoked can be again; who founds a cluster with a node, or is asked to be joined, may say anything. */
export const BOUNDED_EVENTS: readonly string[] = ['audit', 'fault', 'founding', 'joining', 'peer'];

/** `null`: of what nobody causes at will, or has done by right, nothing is left out. */
function kindOf(event: string, fields: LogFields): string | null {
  if (event === 'audit') return fields.outcome === 'done' ? null : `audit ${fields.outcome}`;
  if (event === 'peer') return kindOfRefusal(fields);
  return BOUNDED_EVENTS.includes(event) ? event : null;
}

/** Whoever reaches the peer port may call by any name: those of strangers are of one kind, so that they hide no member's. */
function kindOfRefusal({ isStranger, peer, problem }: LogFields): string | null {
  if (problem !== 'refused') return null;
  return isStranger === true ? 'peer' : `peer ${peer}`;
}

function shortened(fields: LogFields): LogFields {
  const entries = Object.entries(fields);
  const short = entries.map(([name, value]) => [name, cut(value)] as const);
  return short.every(([, value], at) => value === entries[at]?.[1])
    ? fields
    : Object.fromEntries(short);
}

/** What is made of others' words, such as the names of a change of members, may be long without a long text in it. */
function cut(value: unknown): unknown {
  const text = value instanceof Object ? JSON.stringify(value) : value;
  if (typeof text !== 'string' || text.length <= LOG_TEXT_LENGTH_MAX) return value;
  return `${text.slice(0, LOG_TEXT_LENGTH_MAX)}…`;
}
