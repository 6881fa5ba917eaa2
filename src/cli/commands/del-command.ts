/** `del`: a key, or every key of a part; what is too much for one step goes in several, and is counted (CL18, CL39). */
import type { KvClient } from '../../client/kv-client.ts';
import { RaftError } from '../../core/errors.ts';
import { type LogId, logIdText } from '../../core/log-id.ts';
import { CLIENT_OPTIONS, withClient, writeJson } from '../asking/client-session.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import type { OptionValues } from '../options/option-table.ts';
import { countOf } from '../words/count-of.ts';
import { keyAfter, selection } from './key-selection.ts';

const DEL_OPTIONS = ['prefix', 'start', 'end', 'all', ...CLIENT_OPTIONS] as const;
type DelValues = OptionValues<(typeof DEL_OPTIONS)[number]>;

interface Deleted {
  readonly revision: number;
  readonly deleted: number;
  readonly logId: LogId;
}

export const delCommand = command({
  name: 'del',
  usage: 'KEY | --prefix P | --start KEY --end KEY | --all',
  summary:
    'Delete a key, or many, and say how many there were. Up to 10,000 go in one step; more in several, in their order, so that others may see some of them gone.',
  options: DEL_OPTIONS,
  positionals: [0, 1],
  run: async ({ values, positionals: [key] }, context) => {
    checkSelection(values, key);
    const { revision, deleted, logId } = await withClient(values, context, (client, signal) =>
      key === undefined ? deleteMany(client, values, signal) : client.delete(key, { signal }),
    );
    if (values.output === 'json')
      writeJson(context, { revision, deleted, logId: logIdText(logId) });
    else context.write(`${words(deleted, key)}, revision ${revision}\n`);
    return EXIT.clean;
  },
});

function words(deleted: number, key: string | undefined): string {
  if (key !== undefined) return deleted === 0 ? 'not there' : 'deleted';
  return `${countOf(deleted, 'key')} deleted`;
}

/** A variable of a script that is empty by mistake must not empty the store. */
function checkSelection({ prefix, start, end, all }: DelValues, key: string | undefined): void {
  const isPart = prefix !== null || start !== null || end !== null;
  const kinds = [key !== undefined, isPart, all].filter(Boolean).length;
  if (kinds > 1)
    throw usageFailure('Which keys? KEY, --prefix, --start and --end, --all: give one.');
  if (kinds === 0) throw usageFailure('Which keys? Usage: raftchart del KEY | --prefix P | --all');
  if (prefix === '' && start === null && end === null)
    throw usageFailure('An empty --prefix means every key. If that is meant, say --all.');
}

async function deleteMany(
  client: KvClient,
  values: DelValues,
  signal: AbortSignal,
): Promise<Deleted> {
  try {
    return await client.delete(selection(values), { signal });
  } catch (error) {
    if (!(error instanceof RaftError) || error.code !== 'RAFT_TOO_LARGE') throw error;
    return deleteInParts(client, values, signal);
  }
}

/** Each part is as many keys as a server names at once, and what was written between them meanwhile. */
async function deleteInParts(
  client: KvClient,
  values: DelValues,
  signal: AbortSignal,
): Promise<Deleted> {
  let deleted = 0;
  let start: string | Uint8Array | null = values.start;
  for (;;) {
    try {
      const part = selection({ ...values, start });
      const { kvs, more } = await client.range({ ...part, keysOnly: true, signal });
      const next = keyAfter(kvs.at(-1)?.key ?? new Uint8Array());
      const selected = more ? { ...part, end: next } : part;
      const done = await client.delete(selected, { signal });
      deleted += done.deleted;
      if (!more) return { ...done, deleted };
      start = next;
    } catch (error) {
      throw deleted > 0 && error instanceof RaftError ? afterSome(error, deleted) : error;
    }
  }
}

function afterSome(error: RaftError, deleted: number): RaftError {
  const text = `${countOf(deleted, 'key')} deleted, and then: ${error.message}`;
  return new RaftError(error.code, text, { retry: error.retry, cause: error });
}
