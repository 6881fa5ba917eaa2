/** Logs: one JSON object a line, made for machines that read standard error (SV16). */

type LogLevel = 'info' | 'warn' | 'error';
type LogFields = Readonly<Record<string, unknown>>;
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

interface JsonLogOptions {
  /** Takes one line, newline included. */
  readonly write: (line: string) => void;
  readonly wallTimeMs: () => number;
  /** Repeated on every line. */
  readonly base: LogFields;
}

export function jsonLog({ write, wallTimeMs, base }: JsonLogOptions): Log {
  return (level, event, fields = {}) => {
    const time = new Date(wallTimeMs()).toISOString();
    write(`${JSON.stringify({ time, level, event, ...base, ...fields })}\n`);
  };
}
