/** Parameters and headers that several routes take or give alike, as `request-input.ts` reads them. */
import { CONSISTENCIES } from '../../../client-protocol/frame-shapes.ts';
import { REVISION_BOUNDS, TIMEOUT_BOUNDS } from '../../limits.ts';
import { JSON_ENCODINGS } from '../request/json-bytes.ts';
import type { Header, Parameter } from './operation.ts';
import { COUNTER, type Schema, TEXT, whole, wordOf } from './schema.ts';

const ENTRY: Schema = { type: 'string', pattern: '^[0-9]+-[0-9]+$' };
export const LEASE_NUMBER: Schema = whole(REVISION_BOUNDS);

export function inQuery(name: string, schema: Schema, description: string): Parameter {
  return { name, in: 'query', description, schema };
}

export function inHeader(name: string, schema: Schema, description: string): Parameter {
  return { name, in: 'header', description, schema };
}

export function inPath(name: string, schema: Schema, description: string): Parameter {
  return { name, in: 'path', description, schema, required: true };
}

export const TIMEOUT: Parameter = inQuery(
  'timeoutMs',
  whole(TIMEOUT_BOUNDS),
  'How long the request may take, in milliseconds.',
);

/** How new what is read has to be. */
export const FRESHNESS: readonly Parameter[] = [
  inQuery(
    'consistency',
    wordOf(CONSISTENCIES),
    'linearizable unless given: sees every write that was acknowledged before.',
  ),
  inQuery(
    'atLeast',
    ENTRY,
    'A raftchart-log-id: a local read that waits until this entry is applied here.',
  ),
  TIMEOUT,
];

export const REVISION: Parameter = inQuery(
  'revision',
  whole(REVISION_BOUNDS),
  'Reads the store as it stood then.',
);

export const ENCODING: Parameter = inQuery(
  'encoding',
  wordOf(JSON_ENCODINGS),
  'How keys and values are written, in the request as in its answer; utf8 unless given.',
);

export const SELECTOR: readonly Parameter[] = [
  inQuery('prefix', TEXT, 'Keys that begin with it.'),
  inQuery('start', TEXT, 'Keys from this one on.'),
  inQuery('end', TEXT, 'Keys before this one.'),
];

/** A write takes effect once, however often it is sent. */
export const IN_SESSION: readonly Parameter[] = [
  inHeader('raftchart-session', TEXT, 'The session that the write belongs to.'),
  inHeader('raftchart-sequence', COUNTER, 'The number of the write in its session, from 1.'),
  inHeader('raftchart-acknowledged', COUNTER, 'The answers through this number have come.'),
];

const STORE_REVISION: Header = {
  name: 'raftchart-revision',
  description: 'The revision of the store.',
  schema: COUNTER,
};

export const OF_WRITE: readonly Header[] = [
  STORE_REVISION,
  {
    name: 'raftchart-log-id',
    description: 'The place of the write in the log: term and index.',
    schema: ENTRY,
  },
];

export const OF_READ: readonly Header[] = [
  STORE_REVISION,
  {
    name: 'raftchart-consistency',
    description: 'How the read was served.',
    schema: wordOf(CONSISTENCIES),
  },
];

export const ETAG: Header = {
  name: 'etag',
  description: 'The modRevision of the key, in double quotes.',
  schema: { type: 'string', pattern: '^"[0-9]+"$' },
};
