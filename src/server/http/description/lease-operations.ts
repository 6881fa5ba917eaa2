/** The routes of sessions and leases, as they are described (SV36). */
import { SESSION_TTL_MS } from '../../../core/session.ts';
import { LEASE_TTL_MAX_MS, LEASE_TTL_MIN_MS, LEASES_IN_COMMAND_MAX } from '../../../kv/limits.ts';
import { LEASES_TOLD_MAX } from '../../limits.ts';
import { json, jsonBody, type Operation } from './operation.ts';
import {
  ENCODING,
  FRESHNESS,
  IN_SESSION,
  inPath,
  inQuery,
  LEASE_NUMBER,
  OF_READ,
  OF_WRITE,
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
  type Schema,
  TEXT_OR_NULL,
  whole,
} from './schema.ts';

const SESSION_ID: Schema = { type: 'string', pattern: '^[0-9a-f]{32}$' };
const SESSION = json(
  record({ session: SESSION_ID, ttlMs: COUNTER }),
  'The session lives, or, closed, has ended.',
);
const SESSION_IN_PATH = inPath('id', SESSION_ID, 'As POST /sessions answered it.');

export const POST_SESSION: Operation = {
  id: 'openSession',
  summary: 'Opens a session, in which a write takes effect once, however often it is sent.',
  tag: 'sessions',
  parameters: [
    inQuery(
      'ttlMs',
      whole(SESSION_TTL_MS),
      'How long it lives without being used, in milliseconds.',
    ),
    TIMEOUT,
  ],
  answers: { 200: SESSION },
};

export const RENEW_SESSION: Operation = {
  id: 'renewSession',
  summary: 'Renews a session, as every write in it does.',
  tag: 'sessions',
  parameters: [SESSION_IN_PATH, TIMEOUT],
  answers: { 200: SESSION },
  refusals: [409],
};

export const DELETE_SESSION: Operation = {
  ...RENEW_SESSION,
  id: 'closeSession',
  summary: 'Ends a session.',
};

const LEASE_IN_PATH = inPath('id', LEASE_NUMBER, 'The number of the lease.');
const SUMMARY = {
  lease: COUNTER,
  ttlMs: COUNTER,
  remainingMs: COUNTER_OR_NULL,
  keyCount: COUNTER,
};

export const POST_LEASE: Operation = {
  id: 'grantLease',
  summary: 'Grants a lease: keys that are bound to it go when nobody renews it.',
  tag: 'leases',
  parameters: [TIMEOUT, ...IN_SESSION],
  body: jsonBody(order({ ttlMs: whole({ min: LEASE_TTL_MIN_MS, max: LEASE_TTL_MAX_MS }) })),
  answers: {
    200: json(
      record({ revision: COUNTER, lease: COUNTER, ttlMs: COUNTER }),
      'It is granted.',
      OF_WRITE,
    ),
  },
  refusals: [409, 413],
};

export const RENEW_LEASES: Operation = {
  id: 'renewLeases',
  summary: 'Renews leases, and says which of them have ended.',
  tag: 'leases',
  parameters: [TIMEOUT],
  body: jsonBody(
    order({
      leases: { type: 'array', minItems: 1, maxItems: LEASES_IN_COMMAND_MAX, items: LEASE_NUMBER },
    }),
  ),
  answers: {
    200: json(
      record({
        revision: COUNTER,
        renewed: listOf(record({ lease: COUNTER, ttlMs: COUNTER })),
        ended: listOf(COUNTER),
      }),
      'Those that live are renewed.',
      OF_WRITE,
    ),
  },
  refusals: [409, 413],
};

export const DELETE_LEASE: Operation = {
  id: 'revokeLease',
  summary: 'Ends a lease, and with it its keys.',
  tag: 'leases',
  parameters: [LEASE_IN_PATH, TIMEOUT, ...IN_SESSION],
  answers: {
    200: json(record({ revision: COUNTER, deleted: COUNTER }), 'It has ended.', OF_WRITE),
  },
  refusals: [409],
};

export const GET_LEASES: Operation = {
  id: 'getLeases',
  summary: 'The leases in the order of their numbers.',
  tag: 'leases',
  parameters: [
    inQuery('start', LEASE_NUMBER, 'Leases from this number on.'),
    inQuery('limit', whole({ min: 1, max: LEASES_TOLD_MAX }), 'The most leases to show.'),
    ...FRESHNESS,
  ],
  answers: {
    200: json(
      record({ revision: COUNTER, leases: listOf(record(SUMMARY)), more: FLAG }),
      'How long each still lasts only the leader knows.',
      OF_READ,
    ),
  },
};

export const GET_LEASE: Operation = {
  id: 'getLease',
  summary: 'One lease, with the first of its keys.',
  tag: 'leases',
  parameters: [LEASE_IN_PATH, ENCODING, ...FRESHNESS],
  answers: {
    200: json(
      record({
        revision: COUNTER,
        ...SUMMARY,
        keys: listOf(record({ key: TEXT_OR_NULL }, { keyBase64: BASE64 })),
        more: FLAG,
      }),
      'The lease.',
      OF_READ,
    ),
  },
  refusals: [409],
};
