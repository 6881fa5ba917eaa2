/** `range`: keys in order, of one revision; what was left out is said, with the line that goes on there (CL18, CL38). */
import type { KeyValue } from '../../client/index.ts';
import type { KvClient } from '../../client/kv-client.ts';
import type { RangeAnswer } from '../../client/values/reply-reading.ts';
import { keyValueJson } from '../../server/http/request/json-bytes.ts';
import { CLIENT_OPTIONS, withClient, writeJson } from '../asking/client-session.ts';
import { command } from '../command.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { KEY_COLUMN_MAX, VALUE_COLUMN_MAX } from '../limits.ts';
import type { OptionValues } from '../options/option-table.ts';
import { shownBytes } from '../words/shown-bytes.ts';
import { textTable } from '../words/text-table.ts';
import { beginning, freshness, goOnWith, keyAfter, selection } from './key-selection.ts';

const RANGE_OPTIONS = [
  'prefix',
  'start',
  'after',
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
  summary:
    'List keys in order, all of them unless narrowed down. If --limit left some out, it says on standard error how to go on, and with -o json by "more".',
  options: RANGE_OPTIONS,
  run: async ({ values }, context) => {
    const listing = await withClient(values, context, (client, signal) =>
      readPages(client, values, signal),
    );
    const { revision, kvs, more } = listing;
    const keysOnly = values['keys-only'];
    if (values.output === 'json') {
      const shape = { encoding: 'utf8', keysOnly } as const;
      writeJson(context, { revision, kvs: kvs.map((kv) => keyValueJson(kv, shape)), more });
    } else {
      context.write(await rangeTable(kvs, keysOnly));
      if (more) context.writeError(whatIsLeft(listing));
    }
    return EXIT.clean;
  },
});

interface Listing extends Pick<RangeAnswer, 'kvs' | 'more'> {
  /** Which all of it is of. */
  readonly revision: number;
  /** How many keys follow, at least. */
  readonly left: number;
}

/** A server bounds its answers: the pages are read at one revision, so that the list is one state. */
async function readPages(
  client: KvClient,
  values: RangeValues,
  signal: AbortSignal,
): Promise<Listing> {
  const kvs: KeyValue[] = [];
  const limit = values.limit ?? Number.POSITIVE_INFINITY;
  let revision = values.revision;
  let start = beginning(values);
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
      return { revision, kvs, more: page.more, left: page.count - page.kvs.length };
    }
    start = keyAfter(last.key);
  }
}

function whatIsLeft({ kvs, left, revision }: Listing): string {
  const goOn = goOnWith(kvs.at(-1)?.key ?? new Uint8Array(), revision);
  const more = left === 1 ? 'is at least 1 more key' : `are at least ${left} more keys`;
  return `There ${more}: raise --limit, or go on with ${goOn}\n`;
}

export function rangeTable(kvs: readonly KeyValue[], keysOnly: boolean): Promise<string> {
  if (kvs.length === 0) return Promise.resolve('no keys\n');
  const head = ['KEY', ...(keysOnly ? [] : ['VALUE']), 'MODIFIED', 'VERSION'];
  const rows = kvs.map(({ key, value, modRevision, version }) => [
    shownBytes(key, KEY_COLUMN_MAX),
    ...(keysOnly ? [] : [shownBytes(value, VALUE_COLUMN_MAX)]),
    modRevision,
    version,
  ]);
  return textTable(head, rows);
}
