/** Logs: one JSON object a line, made for machines that read standard error (SV16). */

/** From the least to the most important. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

export interface LogOptions {
  /** Takes one line, newline included. */
  readonly write: (line: string) => void;
  readonly wallTimeMs: () => number;
  /** Repeated on every line. */
  readonly base: LogFields;
}

export function jsonLog({ write, wallTimeMs, base }: LogOptions): Log {
  return (level, event, fields = {}) => {
    const time = new Date(wallTimeMs()).toISOString();
    write(`${JSON.stringify({ time, level, event, ...base, ...fields })}\n`);
  };
}

/** What must not be lost to whoever wants fewer lines (AC6). */
const WRITTEN_AT_ANY_LEVEL: readonly string[] = ['audit'];

/** Of that log what is at least of this level, which may change (OP8, CG5), and what is written whatever that is. */
export function logFrom(least: () => LogLevel, log: Log): Log {
  return (level, event, fields) => {
    const isWanted = LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least());
    if (isWanted || WRITTEN_AT_ANY_LEVEL.includes(event)) log(level, event, fields);
  };
}

/** The same up to the line of this event: a start that was not waited for may still come about, and would be told of behind the end. */
export function logThrough(last: string, log: Log): Log {
  let isOver = false;
  return (level, event, fields) => {
    if (!isOver) log(level, event, fields);
    isOver ||= event === last;
  };
}
