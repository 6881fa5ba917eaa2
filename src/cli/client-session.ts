/** One connection for one command: opened by its options, closed whatever happens. */
import { connect } from '../client/connect.ts';
import type { KvClient } from '../client/kv-client.ts';
import type { CliContext } from './command.ts';
import type { OptionValues } from './option-table.ts';

export const CLIENT_OPTIONS = ['endpoints', 'timeout-ms', 'output'] as const;
export type ClientValues = OptionValues<(typeof CLIENT_OPTIONS)[number]>;

/** Gives up once no endpoint answers, instead of waiting for the timeout. */
export async function withClient<Result>(
  values: ClientValues,
  context: CliContext,
  work: (client: KvClient, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { endpoints, 'timeout-ms': timeoutMs } = values;
  const client = connect({ endpoints, timeoutMs, dialRoundsMax: 2 });
  try {
    return await work(client, context.interrupted);
  } finally {
    await client.close();
  }
}

/** A value argument: `-` stands for standard input. */
export async function readValue(argument: string, context: CliContext): Promise<Uint8Array> {
  return argument === '-' ? context.readInput() : new TextEncoder().encode(argument);
}

export function writeJson(context: CliContext, value: unknown): void {
  context.write(`${JSON.stringify(value)}\n`);
}
