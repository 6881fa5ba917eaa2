/** `import`: keys from lines of JSON, in transactions, some of them at a time; where it stops, it says how to go on (CL42). */
import type { KvClient } from '../../client/kv-client.ts';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import { CLIENT_OPTIONS, withClient, writeJson } from '../asking/client-session.ts';
import { type CliContext, command } from '../command.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { type Input, openInput } from '../input/opened-input.ts';
import { type Batch, batchesOf } from '../json-lines/batches.ts';
import { type Imported, ImportWindow } from '../json-lines/import-window.ts';
import { linesOf } from '../json-lines/lines.ts';
import { countOf } from '../words/count-of.ts';
import { progressLine } from '../words/progress-line.ts';

export const importCommand = command({
  name: 'import',
  usage: 'FILE',
  summary:
    'Put keys from a file, or for - from standard input, one JSON object a line, {"key": "k", "value": "v"}, as export writes them. Some 128 at a time in one step each; of a key that stands there twice, the later value counts. If it stops, it says which lines are in and how to go on.',
  options: ['from-line', ...CLIENT_OPTIONS],
  positionals: [1, 1],
  run: async ({ values, positionals: [file = ''] }, context) => {
    const input = await openInput(file, { isForPeople: values.output !== 'json' }, context);
    const imported = await withClient(values, context, (client) =>
      putAll(input, { client, context, fromLine: values['from-line'] }),
    );
    const { keys, revision } = imported;
    if (values.output === 'json') writeJson(context, { keys, revision });
    else context.write(wordsFor(imported));
    return EXIT.clean;
  },
});

interface Importing {
  readonly client: KvClient;
  readonly context: CliContext;
  readonly fromLine: number;
}

/** What is under way when it stops comes to its end, so that it is known what is in. */
async function putAll(
  { chunks, bytes }: Input,
  { client, context, fromLine }: Importing,
): Promise<Imported> {
  const progress = progressLine(context);
  const onIn = ({ endsAt }: Batch): void =>
    progress.show(bytes === null ? null : endsAt / bytes, endsAt);
  const window = new ImportWindow((puts) => put(client, puts), { fromLine, onIn });
  try {
    await sendAll(batchesOf(linesOf(chunks), fromLine), window, context.interrupted);
    await window.settled();
    if (window.failure !== null) throw window.failure.error;
    return window.imported;
  } catch (error) {
    await window.settled();
    throw stoppedAt(window.failure === null ? error : window.failure.error, window, context);
  } finally {
    progress.end();
  }
}

/** Returns early where one has failed: an input that comes slowly is not waited for then. */
async function sendAll(
  batches: AsyncGenerator<Batch>,
  window: ImportWindow,
  interrupted: AbortSignal,
): Promise<void> {
  for (;;) {
    const next = await window.unlessFailed(batches.next());
    if (next === null || next.done === true) return;
    await window.roomFor(next.value);
    interrupted.throwIfAborted();
    if (window.failure !== null) return;
    window.send(next.value);
  }
}

async function put(client: KvClient, puts: Batch['puts']): Promise<number> {
  const success = puts.map(({ key, value }) => ({ type: 'put', key, value }) as const);
  const { revision } = await client.txn({ success });
  return revision;
}

function wordsFor({ keys, revision }: Imported): string {
  return revision === null
    ? 'nothing to import: no line holds a key\n'
    : `${countOf(keys, 'key')} imported, revision ${revision}\n`;
}

function stoppedAt(
  error: unknown,
  { imported, isUnknown, lastInDoubt }: ImportWindow,
  context: CliContext,
): Error {
  const { keys, throughLine } = imported;
  const next = throughLine + 1;
  const said = `${causeIn(error, context)} ${countOf(keys, 'key')} imported, through line ${throughLine}.`;
  const goOn = `Go on with --from-line ${next}`;
  const text =
    lastInDoubt === null
      ? `${said} ${goOn}.`
      : `${said} Lines ${next} to ${lastInDoubt} may be in as well. ${goOn}: to put them again is harmless unless somebody changes their keys meanwhile.`;
  if (error instanceof RaftError) {
    const retry = isUnknown && error.retry === 'safe' ? 'outcomeUnknown' : error.retry;
    return new RaftError(error.code, text, { retry, cause: error });
  }
  if (error instanceof CliFailure) return new CliFailure(error.exitCode, text, error.code);
  if (context.interrupted.aborted) return new RaftError('RAFT_ABORTED', text, { retry: 'safe' });
  return usageFailure(text);
}

function causeIn(error: unknown, { interrupted }: CliContext): string {
  if (error instanceof RaftError || error instanceof CliFailure) return error.message;
  if (interrupted.aborted) return 'It was stopped before its input had ended.';
  return `The input cannot be read: ${textOf(error)}.`;
}
