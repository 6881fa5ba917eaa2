/**
 * The log of a node (SV16, OP8, OP13): in the form, and from the level on, that its options say. In JSON its last line, too, why it could
 * not start or had to end, is such an object, since programs read it; in the other form that is said in words, as by every command.
 */
import { boundedLog } from '../../server/operations/bounded-log.ts';
import {
  jsonLog,
  type Log,
  type LogLevel,
  logFrom,
  logThrough,
} from '../../server/operations/json-log.ts';
import { textLog } from '../../server/operations/text-log.ts';
import { connectionClock } from '../../wire/ws-clock.ts';
import type { CliContext } from '../command.ts';
import { type Explanation, explain, lastWordOn } from '../error-output.ts';
import type { ExitCode } from '../failures/exit-codes.ts';
import { environmentName, type OptionValues } from '../options/option-table.ts';
import type { Environment } from '../options/read-options.ts';

export interface ServeLog {
  readonly log: Log;
  /** How many lines were left out, by event. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** From now on the least that is written. */
  readonly writeFrom: (level: LogLevel) => void;
  /** The last line. Throws what was thrown where the log is none of JSON: whoever started it is told in words. */
  readonly fail: (error: unknown) => ExitCode;
}

type LogValues = OptionValues<'id' | 'log-format' | 'log-level'>;

export function serveLog(
  { id, 'log-format': format, 'log-level': level }: LogValues,
  context: Pick<CliContext, 'keepLog' | 'writeError'>,
): ServeLog {
  const form = format === 'text' ? textLog : jsonLog;
  const told = form({ write: context.writeError, wallTimeMs: Date.now, base: { node: id } });
  context.keepLog(told);
  let least = level;
  const whole = logThrough(
    'stopped',
    logFrom(() => least, told),
  );
  return {
    ...boundedLog(whole, connectionClock),
    writeFrom: (next) => {
      least = next;
    },
    fail: (error) => {
      if (format === 'text') throw error;
      return tellFailure(explain(error), told);
    },
  };
}

function tellFailure({ code, exitCode, message }: Explanation, told: Log): ExitCode {
  boundedLog(told, connectionClock).log('error', 'failed', { code, message, exitCode });
  return exitCode;
}

/** The same of a command line that was not understood, where it asks for JSON outright. `null`: it does not. */
export function failureInLog(
  explanation: Explanation,
  argv: readonly string[],
  { environment, writeError: write }: Pick<CliContext, 'environment' | 'writeError'>,
): ExitCode | null {
  if (!asksForJson(argv, environment)) return null;
  return tellFailure(explanation, jsonLog({ write, wallTimeMs: Date.now, base: {} }));
}

function asksForJson(argv: readonly string[], environment: Environment): boolean {
  const format = lastWordOn(['--log-format'], argv) ?? environment[environmentName('log-format')];
  return format === 'json';
}
