/** One connection for one command: opened by its options, closed whatever happens. */
import type { KvClient } from '../../client/kv-client.ts';
import type { CliContext } from '../command.ts';
import { standardInput, wholeOf } from '../input/opened-input.ts';
import type { OptionValues } from '../options/option-table.ts';
import { tlsOf } from './client-tls.ts';
import { CALLER_OPTIONS, tokenIn } from './client-token.ts';
import { PLACE_OPTIONS, srvServiceOf } from './named-servers.ts';

export const CLIENT_OPTIONS = [
  ...PLACE_OPTIONS,
  'timeout-ms',
  'output',
  ...CALLER_OPTIONS,
] as const;
type ClientValues = OptionValues<(typeof CLIENT_OPTIONS)[number]>;

/** Gives up once no endpoint answers, instead of waiting for the timeout. */
export async function withClient<Result>(
  values: ClientValues,
  context: CliContext,
  work: (client: KvClient, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { endpoints, 'timeout-ms': timeoutMs } = values;
  const { connect } = await import('../../client/connect.ts');
  const token = tokenIn(values);
  const srv = srvServiceOf(values);
  const client = connect({
    ...(srv === null ? { endpoints } : { srv }),
    timeoutMs,
    dialRoundsMax: 2,
    tls: tlsOf(values),
    ...(token !== null && { token }),
  });
  try {
    return await work(client, context.interrupted);
  } finally {
    await client.close();
  }
}

/** A value argument: `-` stands for standard input. */
export function readValue(argument: string, context: CliContext): Promise<Uint8Array> {
  return argument === '-'
    ? wholeOf(standardInput(context), context)
    : Promise.resolve(new TextEncoder().encode(argument));
}

export function writeJson(context: CliContext, value: unknown): void {
  context.write(`${JSON.stringify(value)}\n`);
}
