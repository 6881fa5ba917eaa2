/** Logs for people: the same lines as in JSON, one each, without a byte that could move a cursor or forge a line (OP8). */
import type { Log, LogOptions } from './json-log.ts';

/** `level` and `event` in columns, what belongs to the event behind them as `name=value`. */
export function textLog({ write, wallTimeMs, base }: LogOptions): Log {
  return (level, event, fields = {}) => {
    const time = new Date(wallTimeMs()).toISOString();
    const facts = Object.entries({ ...base, ...fields }).map(
      ([name, value]) => `${name}=${shown(value)}`,
    );
    write(`${time}  ${level.toUpperCase().padEnd(5)}  ${event.padEnd(10)}  ${facts.join(' ')}\n`);
  };
}

/** Words as they are; all else as in JSON, so that it is seen where a value ends. */
function shown(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value)) return value;
  return (JSON.stringify(value) ?? 'undefined').replace(UNPRINTABLE, escaped);
}

const PLAIN = /^[\p{L}\p{N}._:/@+-]+$/u;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
