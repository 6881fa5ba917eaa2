/** `lock` and `elect`: a program that runs in one place at a time (CO6). Its exit code is the command's. */
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { KvClient } from '../../client/kv-client.ts';
import { mayBeRepeated } from '../../client/may-be-repeated.ts';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import { CLIENT_OPTIONS, withClient } from '../asking/client-session.ts';
import { type CliContext, command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { CAMPAIGN_PAUSE_MS } from '../limits.ts';
import { runWhile } from '../programs/held-program.ts';
import { requireProgram } from '../programs/run-program.ts';

export const lockCommand = command({
  name: 'lock',
  usage: 'NAME -- PROGRAM ARGUMENT…',
  summary:
    'Wait for the lock NAME, in the order of arrival, and run a program while it is held. LOCK_FENCING is a number that grows from holder to holder: what must not happen twice can refuse a lower one. If the lock is lost, the program is stopped. The exit code is that of the program.',
  options: ['ttl-ms', ...CLIENT_OPTIONS],
  positionals: [1, 1],
  takesProgram: true,
  run: async ({ values, positionals: [name = ''], program }, context) => {
    const words = await programOf(name, program, context);
    return withClient(values, context, async (client, signal) => {
      await client.status({ signal });
      await using lock = await client.lock(name, { signal, ttlMs: values['ttl-ms'] });
      const { fencing, lost } = lock;
      return await runHeld({ words, name, fencing, lost }, context);
    });
  },
});

export const electCommand = command({
  name: 'elect',
  usage: 'NAME -- PROGRAM ARGUMENT…',
  summary:
    'Run a program on whoever leads the election NAME, one at a time, in the order of arrival. If the lead is lost, the program is stopped, and this command campaigns again, for as long as it takes; once the program ends by itself it resigns, with the exit code of the program. --value is what others learn of the leader.',
  options: ['value', 'ttl-ms', ...CLIENT_OPTIONS],
  positionals: [1, 1],
  takesProgram: true,
  run: async ({ values, positionals: [name = ''], program }, context) => {
    const words = await programOf(name, program, context);
    const { 'ttl-ms': ttlMs, value } = values;
    return withClient(values, context, async (client, signal) => {
      await client.status({ signal });
      const term = { name, value: value ?? `${hostname()} ${process.pid}`, ttlMs, words };
      for (let told = ''; ; ) {
        try {
          const exitCode = await leadOnce(client, term, context);
          if (exitCode !== null) return exitCode;
          told = '';
        } catch (error) {
          if (signal.aborted || !mayCampaignAgain(error)) throw error;
          const { message } = error;
          if (message !== told)
            context.writeError(`raftchart: ${name}: ${message} It campaigns again.\n`);
          told = message;
          await pause(CAMPAIGN_PAUSE_MS, undefined, { signal }).catch(() => {});
        }
      }
    });
  },
});

/** An outage that cost it the lead, or its place in line, may well last until now. */
function mayCampaignAgain(error: unknown): error is RaftError {
  return (
    mayBeRepeated(error) || (error instanceof RaftError && error.code === 'RAFT_LEASE_EXPIRED')
  );
}

interface Term {
  readonly name: string;
  readonly value: string;
  readonly ttlMs: number;
  readonly words: readonly string[];
}

/** `null`: the lead was lost. */
async function leadOnce(
  client: KvClient,
  { name, value, ttlMs, words }: Term,
  context: CliContext,
): Promise<number | null> {
  const { interrupted: signal } = context;
  await using leadership = await client.campaign(name, value, { signal, ttlMs });
  const { fencing, lost } = leadership;
  const exitCode = await runHeld({ words, name, fencing, lost }, context);
  return lost.aborted && !signal.aborted ? null : exitCode;
}

interface Holding {
  readonly words: readonly string[];
  readonly name: string;
  readonly fencing: number;
  readonly lost: AbortSignal;
}

async function runHeld(
  { words, name, fencing, lost }: Holding,
  context: CliContext,
): Promise<number> {
  const environment = { ...context.environment, LOCK_NAME: name, LOCK_FENCING: `${fencing}` };
  const ending = AbortSignal.any([context.interrupted, lost]);
  const exitCode = await runWhile(ending, words, { ...context, environment });
  if (lost.aborted)
    context.writeError(
      `raftchart: ${name} was lost, and the program was stopped. ${textOf(lost.reason)}\n`,
    );
  return exitCode;
}

async function programOf(
  name: string,
  program: readonly string[] | null,
  { environment }: CliContext,
): Promise<readonly string[]> {
  if (name === '') throw usageFailure('The name must not be empty.');
  if (program === null) throw usageFailure('Give the program to run behind --.');
  await requireProgram(program[0] ?? '', environment);
  return program;
}
