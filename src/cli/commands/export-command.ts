/** `export`: keys with their values at one revision, one JSON object a line, as fast as they are taken (CL42). */
import type { KvClient } from '../../client/kv-client.ts';
import type { RangeAnswer } from '../../client/values/reply-reading.ts';
import { RaftError } from '../../core/errors.ts';
import { CLIENT_OPTIONS, withClient } from '../asking/client-session.ts';
import { type CliContext, command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { keyValueLine } from '../json-lines/key-value-line.ts';
import type { OptionValues } from '../options/option-table.ts';
import { countOf } from '../words/count-of.ts';
import { progressLine } from '../words/progress-line.ts';
import { beginning, freshness, goOnWith, keyAfter, selection } from './key-selection.ts';

const EXPORT_OPTIONS = [
  'prefix',
  'start',
  'after',
  'end',
  'revision',
  'consistency',
  'at-least',
  ...CLIENT_OPTIONS,
] as const;
type ExportValues = OptionValues<(typeof EXPORT_OPTIONS)[number]>;

export const exportCommand = command({
  name: 'export',
  usage: '[--prefix P]',
  summary:
    'Write keys and their values to standard output, in order and of one revision, one JSON object a line, {"key": "k", "value": "v"}, which import reads. What is not UTF-8 stands in keyBase64 or valueBase64.',
  options: EXPORT_OPTIONS,
  run: async ({ values }, context) => {
    const { keys, revision } = await withClient(values, context, (client) =>
      writeAll(client, values, context),
    );
    if (values.output === 'table')
      context.writeError(`${countOf(keys, 'key')} exported, revision ${revision}\n`);
    return EXIT.clean;
  },
});

interface Exported {
  readonly keys: number;
  /** Which all of it is of; `null`: not known yet. */
  readonly revision: number | null;
  /** `null`: there was none. */
  readonly lastKey: Uint8Array | null;
  readonly characters: number;
}

/** The next page is asked for when this one was taken: nothing piles up before a slow reader. */
async function writeAll(
  client: KvClient,
  values: ExportValues,
  context: CliContext,
): Promise<Exported> {
  const progress = progressLine(context.isTty ? { ...context, isErrorTty: false } : context);
  let exported: Exported = { keys: 0, revision: values.revision, lastKey: null, characters: 0 };
  try {
    for (;;) {
      const page = await pageBehind(exported, client, { values, signal: context.interrupted });
      const text = page.kvs.map(keyValueLine).join('');
      context.write(text);
      await context.flushed().catch((cause: unknown) => {
        throw context.interrupted.aborted ? stoppedWhileFull(cause) : cause;
      });
      exported = {
        keys: exported.keys + page.kvs.length,
        revision: exported.revision ?? page.revision,
        lastKey: page.kvs.at(-1)?.key ?? exported.lastKey,
        characters: exported.characters + text.length,
      };
      const left = page.count - page.kvs.length;
      if (!page.more || page.kvs.length === 0) return exported;
      progress.show(exported.keys / (exported.keys + left), exported.characters);
    }
  } catch (error) {
    throw error instanceof RaftError ? stoppedBehind(error, exported) : error;
  } finally {
    progress.end();
  }
}

function pageBehind(
  { revision, lastKey }: Exported,
  client: KvClient,
  { values, signal }: { readonly values: ExportValues; readonly signal: AbortSignal },
): Promise<RangeAnswer> {
  const start = lastKey === null ? beginning(values) : keyAfter(lastKey);
  return client.range({
    ...selection({ ...values, start }),
    ...(revision !== null && { revision }),
    ...freshness(values),
    signal,
  });
}

/** Of the page that nobody took it is not known how much is there: it counts as not written. */
function stoppedWhileFull(cause: unknown): RaftError {
  const text = 'It was stopped while nobody took its output.';
  return new RaftError('RAFT_ABORTED', text, { retry: 'safe', cause });
}

function stoppedBehind(error: RaftError, { keys, lastKey, revision }: Exported): RaftError {
  if (lastKey === null || revision === null) return error;
  const text = `${error.message} ${countOf(keys, 'key')} exported. Go on with ${goOnWith(lastKey, revision)}`;
  return new RaftError(error.code, text, { retry: error.retry, cause: error });
}
