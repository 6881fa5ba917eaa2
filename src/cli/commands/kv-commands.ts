/** `put`, `get`, `del`, `range` and `compact`: one request each, answered in a line, a table or JSON (CL17, CL18). */
import type { KeyValue, ReadOptions } from '../../client/index.ts';
import type { KvClient } from '../../client/kv-client.ts';
import type { RangeAnswer } from '../../client/reply-reading.ts';
import { RaftError } from '../../core/errors.ts';
import { COUNTER_MAX } from '../../core/limits.ts';
import { logIdText } from '../../core/log-id.ts';
import { keyValueJson } from '../../server/http/request/json-bytes.ts';
import { CLIENT_OPTIONS, readValue, withClient, writeJson } from '../asking/client-session.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { KEY_COLUMN_MAX, VALUE_COLUMN_MAX } from '../limits.ts';
import { Refusal, whole } from '../options/option-kinds.ts';
import type { OptionValues } from '../options/option-table.ts';
import { shownBytes } from '../words/shown-bytes.ts';
import { textTable } from '../words/text-table.ts';

const JSON_SHAPE = { encoding: 'utf8', keysOnly: false } as const;

export const putCommand = command({
  name: 'put',
  usage: 'KEY VALUE',
  summary: 'Write a key. VALUE - reads the value from standard input.',
  options: CLIENT_OPTIONS,
  positionals: [2, 2],
  run: async ({ values, positionals: [key = '', value = ''] }, context) => {
    const bytes = await readValue(value, context);
    const { revision, logId } = await withClient(values, context, (client, signal) =>
      client.put(key, bytes, { signal }),
    );
    if (values.output === 'json') writeJson(context, { revision, logId: logIdText(logId) });
    else context.write(`revision ${revision}\n`);
    return EXIT.clean;
  },
});

export const getCommand = command({
  name: 'get',
  usage: 'KEY',
  summary: 'Print the value of a key. A missing key is exit code 1.',
  options: [...CLIENT_OPTIONS, 'consistency', 'at-least', 'revision'],
  positionals: [1, 1],
  run: async ({ values, positionals: [key = ''] }, context) => {
    const { revision } = values;
    const kv = await withClient(values, context, (client, signal) =>
      client.get(key, { signal, ...freshness(values), ...(revision !== null && { revision }) }),
    );
    if (kv === null)
      throw new RaftError('RAFT_NOT_FOUND', `There is no key ${JSON.stringify(key)}.`);
    if (values.output === 'json') writeJson(context, keyValueJson(kv, JSON_SHAPE));
    else {
      context.write(kv.value);
      if (context.isTty) context.write('\n');
    }
    return EXIT.clean;
  },
});

export const delCommand = command({
  name: 'del',
  usage: 'KEY',
  summary: 'Delete a key.',
  options: CLIENT_OPTIONS,
  positionals: [1, 1],
  run: async ({ values, positionals: [key = ''] }, context) => {
    const { revision, deleted, logId } = await withClient(values, context, (client, signal) =>
      client.delete(key, { signal }),
    );
    if (values.output === 'json')
      writeJson(context, { revision, deleted, logId: logIdText(logId) });
    else context.write(`${deleted === 0 ? 'not there' : 'deleted'}, revision ${revision}\n`);
    return EXIT.clean;
  },
});

export const compactCommand = command({
  name: 'compact',
  usage: 'REVISION',
  summary:
    'Let go of the history below a revision, on every member: reads of the past and watches reach back to it from then on, and the memory of what was overwritten or deleted comes back.',
  options: CLIENT_OPTIONS,
  positionals: [1, 1],
  run: async ({ values, positionals: [text = ''] }, context) => {
    const wanted = whole(1, COUNTER_MAX)(text);
    if (wanted instanceof Refusal)
      throw usageFailure(`The revision ${wanted.wants}; it is ${text}.`);
    const { revision, compactedRevision } = await withClient(values, context, (client, signal) =>
      client.compact(wanted, { signal }),
    );
    if (values.output === 'json') writeJson(context, { revision, compactedRevision });
    else context.write(`compacted through ${compactedRevision}, revision ${revision}\n`);
    return EXIT.clean;
  },
});

const RANGE_OPTIONS = [
  'prefix',
  'start',
  'end',
  'limit',
  'revision',
  'keys-only',
  'consistency',
  'at-least',
  ...CLIENT_OPTIONS,
] as const;
type RangeValues = OptionValues<(typeof RANGE_OPTIONS)[number]>;

export const rangeCommand = command({
  name: 'range',
  usage: '',
  summary: 'List keys in order, all of them unless narrowed down.',
  options: RANGE_OPTIONS,
  run: async ({ values }, context) => {
    const { revision, kvs, more } = await withClient(values, context, (client, signal) =>
      readPages(client, values, signal),
    );
    const keysOnly = values['keys-only'];
    if (values.output === 'json') {
      const shape = { encoding: 'utf8', keysOnly } as const;
      writeJson(context, { revision, kvs: kvs.map((kv) => keyValueJson(kv, shape)), more });
    } else {
      context.write(rangeTable(kvs, keysOnly));
      if (more) context.writeError('There are more keys: raise --limit, or go on with --start.\n');
    }
    return EXIT.clean;
  },
});

type Listing = Pick<RangeAnswer, 'revision' | 'kvs' | 'more'>;

/** A server bounds its answers: the pages are read at one revision, so that the list is one state. */
async function readPages(
  client: KvClient,
  values: RangeValues,
  signal: AbortSignal,
): Promise<Listing> {
  const kvs: KeyValue[] = [];
  const limit = values.limit ?? Number.POSITIVE_INFINITY;
  let revision = values.revision;
  let start: string | Uint8Array | null = values.start;
  for (;;) {
    const room = limit - kvs.length;
    const page: RangeAnswer = await client.range({
      ...selection({ ...values, start }),
      ...(revision !== null && { revision }),
      ...(room !== Number.POSITIVE_INFINITY && { limit: room }),
      keysOnly: values['keys-only'],
      ...freshness(values),
      signal,
    });
    revision ??= page.revision;
    kvs.push(...page.kvs);
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined || kvs.length >= limit) {
      return { revision, kvs, more: page.more };
    }
    start = keyAfter(last.key);
  }
}

/** How new the answer has to be. */
function freshness(
  values: OptionValues<'at-least' | 'consistency'>,
): Pick<ReadOptions, 'atLeast' | 'consistency'> {
  const { consistency, 'at-least': atLeast } = values;
  if (atLeast !== null && consistency !== null && consistency !== 'local') {
    throw usageFailure('--at-least is what a local read waits for. Leave --consistency out.');
  }
  return { ...(consistency !== null && { consistency }), ...(atLeast !== null && { atLeast }) };
}

interface Narrowing {
  readonly prefix: string | null;
  readonly start: string | Uint8Array | null;
  readonly end: string | null;
}
type Selection = { readonly [Bound in keyof Narrowing]?: NonNullable<Narrowing[Bound]> };

/** Every key unless narrowed down. */
export function selection({ prefix, start, end }: Narrowing): Selection {
  if (prefix === null && start === null && end === null) return { prefix: '' };
  return {
    ...(prefix !== null && { prefix }),
    ...(start !== null && { start }),
    ...(end !== null && { end }),
  };
}

function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

export function rangeTable(kvs: readonly KeyValue[], keysOnly: boolean): string {
  if (kvs.length === 0) return 'no keys\n';
  const head = ['KEY', ...(keysOnly ? [] : ['VALUE']), 'MODIFIED', 'VERSION'];
  const rows = kvs.map(({ key, value, modRevision, version }) => [
    shownBytes(key, KEY_COLUMN_MAX),
    ...(keysOnly ? [] : [shownBytes(value, VALUE_COLUMN_MAX)]),
    modRevision,
    version,
  ]);
  return textTable(head, rows);
}
