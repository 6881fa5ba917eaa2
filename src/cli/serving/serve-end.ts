/** How a process that serves ends: told to, halted, or not wanted by its cluster; and the exit code that says which (SV27, CL16). */
import { setTimeout as pause } from 'node:timers/promises';
import type { RaftError } from '../../core/errors.ts';
import type { Log } from '../../server/operations/json-log.ts';
import type { RunningServer } from '../../server/serve.ts';
import { aborted, type CliContext } from '../command.ts';
import { CliFailure } from '../failures/cli-failure.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../failures/exit-codes.ts';

/** A start may be ended anywhere (ST11): it is waited for a moment, and then left as it is. */
export async function abandon(starting: Promise<RunningServer>, log: Log): Promise<ExitCode> {
  const ended = starting.then(
    (server) => server.close(),
    () => {},
  );
  return saidEnd(log, Promise.race([ended, pause(ABANDON_AFTER_MS)]));
}

export async function saidEnd(log: Log, ended?: Promise<void>): Promise<ExitCode> {
  log('info', 'stopping');
  await ended;
  log('info', 'stopped');
  return EXIT.clean;
}

/** How long a start that was told to stop may still take, in milliseconds. */
const ABANDON_AFTER_MS = 1_000;

interface EndOptions {
  readonly log: Log;
  readonly lingerMs: number;
  /** The cluster does not take it. */
  readonly refused: Promise<RaftError>;
}

export async function untilTheEnd(
  server: RunningServer,
  context: CliContext,
  { log, lingerMs, refused }: EndOptions,
): Promise<ExitCode> {
  const removed = server.removed.then(() => new CliFailure(EXIT.wrongConfiguration, REMOVED));
  const notTaken = refused.then(unfitness);
  const end = await Promise.race([server.halted, removed, notTaken, aborted(context.interrupted)]);
  if (end === null || end instanceof CliFailure) log('info', 'stopping');
  else await Promise.race([pause(lingerMs), aborted(context.interrupted)]);
  await server.close();
  log('info', 'stopped');
  if (end instanceof CliFailure) throw end;
  return end === null ? EXIT.clean : exitCodeOf(end);
}

/** The peers may say so before the leader has refused to add it again (CL32): whoever starts it under that name learns the same. */
const REMOVED =
  'This node was removed from its cluster, and its name is not used again. Its data directory is of no use any more; a node with another name and an empty one may join (--join).';

/** CL32: no other start with the same line would be taken. */
export function unfitness({ code, message }: RaftError): CliFailure {
  return new CliFailure(EXIT.wrongConfiguration, `${message} (${code})`, code);
}
