/** The routes of keys, as they are described: `/kv`, `/txn`, `/watch`, `/compact` (SV36). */
import { COMPARE_OPERATORS, COMPARE_TARGETS } from '../../../kv/commands/commands.ts';
import { TXN_OPERATIONS_MAX } from '../../../kv/limits.ts';
import { RANGE_LIMIT_BOUNDS, REVISION_BOUNDS } from '../../limits.ts';
import { json, jsonBody, type Operation } from './operation.ts';
import {
  ENCODING,
  ETAG,
  FRESHNESS,
  IN_SESSION,
  inHeader,
  inPath,
  inQuery,
  LEASE_NUMBER,
  OF_READ,
  OF_WRITE,
  REVISION,
  SELECTOR,
  TIMEOUT,
} from './parameters.ts';
import {
  BASE64,
  COUNTER,
  COUNTER_OR_NULL,
  FLAG,
  listOf,
  order,
  record,
  refTo,
  type Schema,
  TEXT,
  TEXT_OR_NULL,
  whole,
  wordOf,
} from './schema.ts';

const BYTES: Schema = { type: 'string', contentMediaType: 'application/octet-stream' };

const KEY = inPath(
  'key',
  TEXT,
  'The bytes of the key, percent-encoded; slashes may stay as they are.',
);
const IF_MATCH = inHeader(
  'If-Match',
  { type: 'string', pattern: '^(\\*|"[0-9]{1,15}")$' },
  'Only if the key has this modRevision, or, with *, exists.',
);
const IF_NONE_MATCH = inHeader('If-None-Match', wordOf(['*']), 'Only if the key does not exist.');

/** Named parts of answers. */
export const KEY_SCHEMAS: Readonly<Record<string, Schema>> = {
  KeyValue: record(
    {
      key: TEXT_OR_NULL,
      createRevision: COUNTER,
      modRevision: COUNTER,
      version: COUNTER,
      lease: COUNTER_OR_NULL,
    },
    { keyBase64: BASE64, value: TEXT_OR_NULL, valueBase64: BASE64 },
  ),
  WatchedRevision: record({
    revision: COUNTER,
    events: listOf({
      oneOf: [
        record(
          {
            type: wordOf(['put']),
            key: TEXT_OR_NULL,
            value: TEXT_OR_NULL,
            createRevision: COUNTER,
            modRevision: COUNTER,
            version: COUNTER,
            lease: COUNTER_OR_NULL,
          },
          { keyBase64: BASE64, valueBase64: BASE64 },
        ),
        record(
          { type: wordOf(['delete']), key: TEXT_OR_NULL, modRevision: COUNTER },
          { keyBase64: BASE64 },
        ),
      ],
    }),
  }),
};

const KEY_VALUE = refTo('KeyValue');

export const PUT_KEY: Operation = {
  id: 'putKey',
  summary: 'Stores the body under the key.',
  tag: 'keys',
  parameters: [
    KEY,
    inQuery('lease', LEASE_NUMBER, 'The key goes when this lease ends.'),
    TIMEOUT,
    IF_MATCH,
    IF_NONE_MATCH,
    ...IN_SESSION,
  ],
  body: { type: '*/*', schema: BYTES },
  answers: { 200: json(record({ revision: COUNTER }), 'It is stored.', OF_WRITE) },
  refusals: [409, 412, 413],
};

export const GET_KEY: Operation = {
  id: 'getKey',
  summary: 'The value of the key, as it was stored.',
  tag: 'keys',
  parameters: [
    KEY,
    REVISION,
    ...FRESHNESS,
    inHeader('If-None-Match', TEXT, 'An ETag: 304 if the reader has this value already.'),
  ],
  answers: {
    200: {
      type: 'application/octet-stream',
      schema: BYTES,
      description: 'The value.',
      headers: [...OF_READ, ETAG],
    },
    304: { description: 'The reader has it.', headers: [...OF_READ, ETAG] },
  },
  refusals: [404, 409, 413],
};

export const DELETE_KEY: Operation = {
  id: 'deleteKey',
  summary: 'Deletes the key.',
  tag: 'keys',
  parameters: [KEY, TIMEOUT, IF_MATCH, IF_NONE_MATCH, ...IN_SESSION],
  answers: {
    200: json(record({ revision: COUNTER, deleted: COUNTER }), 'It is gone.', OF_WRITE),
  },
  refusals: [409, 412, 413],
};

export const GET_RANGE: Operation = {
  id: 'getRange',
  summary: 'Keys in the order of their bytes, with their values.',
  tag: 'keys',
  parameters: [
    ...SELECTOR,
    inQuery('limit', whole(RANGE_LIMIT_BOUNDS), 'The most keys to show.'),
    inQuery('keysOnly', wordOf(['', 'true', 'false']), 'Leaves the values out.'),
    ENCODING,
    REVISION,
    ...FRESHNESS,
  ],
  answers: {
    200: json(
      record({ revision: COUNTER, kvs: listOf(KEY_VALUE), more: FLAG, count: COUNTER }),
      'The keys; more: some were left out; count: how many there are.',
      OF_READ,
    ),
  },
  refusals: [409, 413],
};

const KEYS: Readonly<Record<string, Schema>> = { key: TEXT, prefix: TEXT, start: TEXT, end: TEXT };
const LEAST_LEASE = whole({ min: 1, max: Number.MAX_SAFE_INTEGER });

/** The library calls its kind `type`. */
function operation(
  op: string,
  required: Readonly<Record<string, Schema>>,
  optional: object,
): Schema {
  const kind = wordOf([op]);
  const { properties, ...rest } = order(required, { op: kind, type: kind, ...optional });
  return { properties, ...rest, anyOf: [{ required: ['op'] }, { required: ['type'] }] };
}

const OPERATIONS: Schema = {
  type: 'array',
  maxItems: TXN_OPERATIONS_MAX,
  items: {
    oneOf: [
      operation('put', { key: TEXT, value: TEXT }, { lease: LEAST_LEASE, returnPrevious: FLAG }),
      operation('delete', {}, { ...KEYS, returnPrevious: FLAG }),
      operation(
        'range',
        {},
        { ...KEYS, limit: COUNTER, revision: COUNTER, keysOnly: FLAG, countOnly: FLAG },
      ),
    ],
  },
};

const COMPARES: Schema = {
  type: 'array',
  maxItems: TXN_OPERATIONS_MAX,
  items: order({
    key: TEXT,
    target: wordOf(COMPARE_TARGETS),
    op: wordOf(COMPARE_OPERATORS),
    value: { type: ['string', 'integer'], minimum: 0 },
  }),
};

export const POST_TXN: Operation = {
  id: 'postTxn',
  summary:
    'If all compares hold, the operations of success, otherwise those of failure, as one step.',
  tag: 'keys',
  parameters: [ENCODING, TIMEOUT, ...IN_SESSION],
  body: jsonBody(order({}, { compare: COMPARES, success: OPERATIONS, failure: OPERATIONS })),
  answers: {
    200: json(
      record({
        revision: COUNTER,
        succeeded: FLAG,
        responses: listOf({
          oneOf: [
            record(
              { op: wordOf(['put']), revision: COUNTER },
              { previous: { anyOf: [KEY_VALUE, { type: 'null' }] } },
            ),
            record(
              { op: wordOf(['delete']), revision: COUNTER, deleted: COUNTER },
              { previous: listOf(KEY_VALUE) },
            ),
            record({
              op: wordOf(['range']),
              revision: COUNTER,
              kvs: listOf(KEY_VALUE),
              more: FLAG,
              count: COUNTER,
            }),
          ],
        }),
      }),
      'What was done, one answer for each operation.',
      OF_WRITE,
    ),
  },
  refusals: [409, 413],
};

export const GET_WATCH: Operation = {
  id: 'watch',
  summary: 'Changes as they happen: one event for each revision.',
  tag: 'keys',
  parameters: [
    ...SELECTOR,
    inQuery(
      'from',
      whole(REVISION_BOUNDS),
      'The first revision to tell of; what comes, unless given.',
    ),
    ENCODING,
    TIMEOUT,
    inHeader(
      'Last-Event-ID',
      TEXT,
      'The id of the last event that was heard: the watch goes on behind it.',
    ),
  ],
  answers: {
    200: {
      type: 'text/event-stream',
      schema: TEXT,
      data: refTo('WatchedRevision'),
      description:
        'Events whose id is the revision. One that is named error is the last, and its data an Error.',
    },
  },
  refusals: [409, 413],
};

export const POST_COMPACT: Operation = {
  id: 'compact',
  summary: 'Lets go of the history below a revision, on every member.',
  tag: 'keys',
  parameters: [TIMEOUT, ...IN_SESSION],
  body: jsonBody(order({ revision: whole({ min: 1, max: Number.MAX_SAFE_INTEGER }) })),
  answers: {
    200: json(record({ revision: COUNTER, compactedRevision: COUNTER }), 'It is gone.', OF_WRITE),
  },
  refusals: [409, 413],
};
