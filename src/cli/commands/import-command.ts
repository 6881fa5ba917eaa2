/** `import`: keys from lines of JSON, in transactions one after the other; where it stops, it says how to go on (CL42). */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { KvClient } from '../../client/kv-client.ts';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import { CLIENT_OPTIONS, withClient, writeJson } from '../asking/client-session.ts';
import { type CliContext, command } from '../command.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { type Batch, batchesOf } from '../json-lines/batches.ts';
import { linesOf } from '../json-lines/lines.ts';
import { countOf } from '../words/count-of.ts';
import { progressLine } from '../words/progress-line.ts';

export const importCommand = command({
  name: 'import',
  usage: 'FILE',
  summary:
    'Put keys from a file, or for - from standard input, one JSON object a line, {"key": "k", "value": "v"}, as export writes them. Some 128 at a time in one step each, in their order. If it stops, it says which lines are in and how to go on.',
  options: ['from-line', ...CLIENT_OPTIONS],
  positionals: [1, 1],
  run: async ({ values, positionals: [file = ''] }, context) => {
    const input = await openInput(file, context);
    const imported = await withClient(values, context, (client) =>
      putAll(input, { client, context, fromLine: values['from-line'] }),
    );
    const { keys, revision } = imported;
    if (values.output === 'json') writeJson(context, { keys, revision });
    else context.write(wordsFor(imported));
    return EXIT.clean;
  },
});

interface Input {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** `null`: nobody knows. */
  readonly bytes: number | null;
}

interface Imported {
  readonly keys: number;
  /** That of the last write; `null`: there was none. */
  readonly revision: number | null;
  /** The last line that is in. */
  readonly throughLine: number;
}

async function openInput(file: string, { input, interrupted }: CliContext): Promise<Input> {
  if (file === '-') return { chunks: input(), bytes: null };
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new Error('it is a directory');
    const chunks = createReadStream(file, { signal: interrupted });
    return { chunks, bytes: found.isFile() ? found.size : null };
  } catch (error) {
    throw usageFailure(`${file} cannot be read: ${textOf(error)}.`);
  }
}

interface Importing {
  readonly client: KvClient;
  readonly context: CliContext;
  readonly fromLine: number;
}

/** What is under way when it is interrupted comes to its end, so that it is known to be in. */
async function putAll(
  { chunks, bytes }: Input,
  { client, context, fromLine }: Importing,
): Promise<Imported> {
  const progress = progressLine(context);
  let imported: Imported = { keys: 0, revision: null, throughLine: fromLine - 1 };
  let underWay: Batch | null = null;
  try {
    for await (const batch of batchesOf(linesOf(chunks), fromLine)) {
      context.interrupted.throwIfAborted();
      underWay = batch;
      for await (const step of putBatch(client, batch)) imported = stepped(imported, step);
      underWay = null;
      progress.show(bytes === null ? null : batch.endsAt / bytes, batch.endsAt);
    }
    return imported;
  } catch (error) {
    progress.end();
    throw stoppedAt(error, { imported, underWay, context });
  } finally {
    progress.end();
  }
}

interface Step {
  readonly puts: Batch['puts'];
  readonly revision: number;
}

/** What is too large together goes one by one, which finds the one that is too large alone. */
async function* putBatch(client: KvClient, { puts }: Batch): AsyncGenerator<Step> {
  try {
    yield { puts, revision: await put(client, puts) };
  } catch (error) {
    const isTooLarge = error instanceof RaftError && error.code === 'RAFT_TOO_LARGE';
    if (!isTooLarge || puts.length === 1) throw error;
    for (const each of puts) yield { puts: [each], revision: await put(client, [each]) };
  }
}

async function put(client: KvClient, puts: Batch['puts']): Promise<number> {
  const success = puts.map(({ key, value }) => ({ type: 'put', key, value }) as const);
  const { revision } = await client.txn({ success });
  return revision;
}

function stepped({ keys }: Imported, { puts, revision }: Step): Imported {
  return { keys: keys + puts.length, revision, throughLine: puts.at(-1)?.line ?? 0 };
}

function wordsFor({ keys, revision }: Imported): string {
  return revision === null
    ? 'nothing to import: no line holds a key\n'
    : `${countOf(keys, 'key')} imported, revision ${revision}\n`;
}

interface Stopped {
  readonly imported: Imported;
  /** `null`: nothing was asked for that is not answered. */
  readonly underWay: Batch | null;
  readonly context: CliContext;
}

function stoppedAt(error: unknown, { imported, underWay, context }: Stopped): Error {
  const { keys, throughLine } = imported;
  const isUnknown = error instanceof RaftError && error.retry === 'outcomeUnknown';
  const last = underWay?.puts.at(-1)?.line;
  const doubt = isUnknown ? ` Lines ${throughLine + 1} to ${last} may be in as well.` : '';
  const text = `${causeIn(error, context)} ${countOf(keys, 'key')} imported, through line ${throughLine}.${doubt} Go on with --from-line ${throughLine + 1}.`;
  if (error instanceof RaftError)
    return new RaftError(error.code, text, { retry: error.retry, cause: error });
  if (error instanceof CliFailure) return new CliFailure(error.exitCode, text, error.code);
  if (context.interrupted.aborted) return new RaftError('RAFT_ABORTED', text, { retry: 'safe' });
  return usageFailure(text);
}

function causeIn(error: unknown, { interrupted }: CliContext): string {
  if (error instanceof RaftError || error instanceof CliFailure) return error.message;
  if (interrupted.aborted) return 'It was stopped before its input had ended.';
  return `The input cannot be read: ${textOf(error)}.`;
}
