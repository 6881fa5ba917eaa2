/** The routes by which one node is looked at, as they are described (SV36). */

import { json, type Operation } from './operation.ts';
import { inHeader, inPath, inQuery, TIMEOUT } from './parameters.ts';
import {
  COUNTER,
  COUNTER_OR_NULL,
  exactly,
  FLAG,
  listOf,
  perMember,
  record,
  refTo,
  type Schema,
  TEXT,
  TEXT_OR_NULL,
  whole,
} from './schema.ts';
import { LIFECYCLE, LINK_STATE, PEER_PROBLEM, ROLE } from './words.ts';

const VERSIONS = { protocol: COUNTER, machine: COUNTER };
const OR_NULL = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const LINK = record({
  peer: TEXT,
  state: LINK_STATE,
  reason: TEXT_OR_NULL,
  bufferedBytes: COUNTER,
  versions: OR_NULL(record(VERSIONS)),
  matchIndex: COUNTER_OR_NULL,
  problem: OR_NULL(PEER_PROBLEM),
});

/** Named parts of answers. */
export const NODE_SCHEMAS: Readonly<Record<string, Schema>> = {
  Status: record({
    id: TEXT,
    clusterId: TEXT,
    lifecycle: LIFECYCLE,
    role: ROLE,
    term: COUNTER,
    leader: TEXT_OR_NULL,
    commitIndex: COUNTER,
    lastApplied: COUNTER,
    firstIndex: COUNTER,
    lastIndex: COUNTER,
    snapshotIndex: COUNTER,
    revision: COUNTER,
    members: refTo('Members'),
    clientUrls: perMember(TEXT),
    isRemoved: FLAG,
    diskStalled: FLAG,
    links: listOf(LINK),
    versions: record({ ...VERSIONS, lowest: record(VERSIONS), machineInUse: COUNTER }),
    version: TEXT,
    timeMs: COUNTER,
  }),
  Inspected: {
    ...record({ sequence: COUNTER, at: COUNTER, node: TEXT, type: TEXT }),
    additionalProperties: true,
    description: 'A record of what happens inside a node: docs/INSPECTING.md has its kinds.',
  },
};

export const GET_STATUS: Operation = {
  id: 'getStatus',
  summary: 'What this node says of itself.',
  tag: 'node',
  answers: { 200: json(refTo('Status'), 'The status.') },
};

export const GET_LIVEZ: Operation = {
  id: 'getLivez',
  summary: 'Whether the process answers and its node has not halted.',
  tag: 'node',
  answers: {
    200: json(record({ alive: exactly(true) }), 'It lives.'),
    503: json(record({ alive: exactly(false), reason: TEXT }), 'It has halted: start it again.'),
  },
};

export const GET_READYZ: Operation = {
  id: 'getReadyz',
  summary: 'Whether a linearizable read could be answered here and now.',
  tag: 'node',
  parameters: [TIMEOUT],
  answers: {
    200: json(record({ ready: exactly(true) }), 'It could.'),
    503: json(
      { oneOf: [record({ ready: exactly(false), reason: TEXT }), refTo('Error')] },
      'It could not, and why; an Error while the node starts.',
    ),
  },
};

export const GET_METRICS: Operation = {
  id: 'getMetrics',
  summary: 'Prometheus text.',
  tag: 'node',
  answers: { 200: { type: 'text/plain', schema: TEXT, description: 'The metrics.' } },
};

export const GET_INSPECT: Operation = {
  id: 'inspect',
  summary: 'What happens inside the node, with --inspect.',
  tag: 'node',
  parameters: [
    inQuery(
      'from',
      whole({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      'The first record to tell of.',
    ),
    inQuery('node', TEXT, 'The stream of this other node is passed on.'),
    inHeader('Last-Event-ID', TEXT, 'The id of the last event that was heard.'),
  ],
  answers: {
    200: {
      type: 'text/event-stream',
      schema: TEXT,
      data: refTo('Inspected'),
      description: 'One event for each record.',
    },
  },
  refusals: [404, 429, 502],
};

export const GET_DESCRIPTION: Operation = {
  id: 'getDescription',
  summary: 'This description.',
  tag: 'node',
  answers: {
    200: json({ ...record({ openapi: TEXT }), additionalProperties: true }, 'OpenAPI 3.1.'),
  },
};

export const GET_UI: Operation = {
  id: 'getUi',
  summary: 'Leads to the live page, with --ui.',
  tag: 'page',
  answers: {
    308: {
      description: 'It is at /ui/.',
      headers: [{ name: 'location', description: 'Where it is.', schema: TEXT }],
    },
  },
  refusals: [404],
};

export const GET_PAGE: Operation = {
  id: 'getPage',
  summary: 'The live page, with --ui.',
  tag: 'page',
  answers: { 200: { type: 'text/html', schema: TEXT, description: 'The page.' } },
  refusals: [404],
};

const FILE = inPath('file', TEXT, 'One of the files that the page is made of.');

export const GET_PAGE_FILE: Operation = {
  id: 'getPageFile',
  summary: 'A file of the live page.',
  tag: 'page',
  parameters: [FILE],
  answers: { 200: { type: '*/*', schema: {}, description: 'The file.' } },
  refusals: [404],
};

export const GET_PICTURE: Operation = {
  ...GET_PAGE_FILE,
  id: 'getPicture',
  summary: 'A picture of the live page.',
};
