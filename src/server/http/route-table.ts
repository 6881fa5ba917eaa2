/**
 * The one table of HTTP routes: what answers each method of each, and how it is described (SV36). `http-api.ts` serves it, and
 * `/openapi.json` is made of it.
 */
import type { RaftError } from '../../core/errors.ts';
import type { OpenStreams } from '../open-streams.ts';
import type { ServerContext } from '../server-context.ts';
import { accessRoutes, callerRoutes } from './access-route-table.ts';
import {
  DELETE_MEMBER,
  GET_BACKUP,
  GET_MEMBERS,
  POST_MEMBERS,
  POST_SNAPSHOT,
  POST_TRANSFER,
  PROMOTE_MEMBER,
} from './description/cluster-operations.ts';
import {
  DELETE_KEY,
  GET_KEY,
  GET_RANGE,
  GET_WATCH,
  POST_COMPACT,
  POST_TXN,
  PUT_KEY,
} from './description/key-operations.ts';
import {
  DELETE_LEASE,
  DELETE_SESSION,
  GET_LEASE,
  GET_LEASES,
  POST_LEASE,
  POST_SESSION,
  RENEW_LEASES,
  RENEW_SESSION,
} from './description/lease-operations.ts';
import {
  GET_DESCRIPTION,
  GET_INSPECT,
  GET_LIVEZ,
  GET_METRICS,
  GET_PAGE,
  GET_PAGE_FILE,
  GET_PICTURE,
  GET_READYZ,
  GET_STATUS,
  GET_UI,
} from './description/node-operations.ts';
import type { Operation } from './description/operation.ts';
import type { Route } from './route.ts';
import { getBackup } from './routes/backup-route.ts';
import { postCompact } from './routes/compact-route.ts';
import { getDescription } from './routes/description-route.ts';
import { LastPiece } from './routes/event-text.ts';
import { getInspect } from './routes/inspect-route.ts';
import { deleteKey, getKey, getRange, putKey } from './routes/kv-routes.ts';
import { deleteLease, getLease, getLeases, postLease, renewLease } from './routes/lease-routes.ts';
import { deleteMember, getMembers, postMembers, promoteMember } from './routes/members-routes.ts';
import { deleteSession, postSession, renewSession } from './routes/sessions-route.ts';
import { postSnapshot } from './routes/snapshot-route.ts';
import { getLivez, getMetrics, getReadyz, getStatus } from './routes/status-routes.ts';
import { postTransfer } from './routes/transfer-route.ts';
import { postTxn } from './routes/txn-route.ts';
import { getUi, getUiFile } from './routes/ui-route.ts';
import { getWatch } from './routes/watch-route.ts';

export function routesOf(
  context: ServerContext,
  streams: OpenStreams,
  halted: () => RaftError | null,
): readonly Route[] {
  const routes: readonly Route[] = [
    ...keyRoutes(context, streams),
    ...administrativeRoutes(context, streams),
    ...nodeRoutes(context, streams, halted),
    ...sessionRoutes(context),
    ...leaseRoutes(context),
    ...memberRoutes(context),
    ...accessRoutes(context),
    ...callerRoutes(context),
    ...pageRoutes(context),
    {
      pattern: '/openapi.json',
      methods: {
        GET: {
          about: GET_DESCRIPTION,
          answer: (request, { account }) =>
            getDescription({ routes, version: context.version }, request, account),
        },
      },
      serves: 'everybody',
    },
  ];
  return routes;
}

function keyRoutes(context: ServerContext, streams: OpenStreams): readonly Route[] {
  const lastPiece = new LastPiece();
  return [
    // Before the pattern below, which Hono lets match this path as well.
    {
      pattern: '/kv',
      methods: {
        GET: {
          about: GET_RANGE,
          answer: (request, ask) => getRange(context, request, ask),
        },
      },
    },
    {
      pattern: '/kv/*',
      methods: {
        PUT: { about: PUT_KEY, answer: (request, ask) => putKey(context, request, ask) },
        GET: { about: GET_KEY, answer: (request, ask) => getKey(context, request, ask) },
        DELETE: { about: DELETE_KEY, answer: (request, ask) => deleteKey(context, request, ask) },
      },
    },
    {
      pattern: '/txn',
      methods: {
        POST: { about: POST_TXN, answer: (request, ask) => postTxn(context, request, ask) },
      },
    },
    {
      pattern: '/watch',
      methods: {
        GET: {
          about: GET_WATCH,
          answer: (request, ask) => getWatch(context, request, { ...ask, streams, lastPiece }),
        },
      },
      isStream: true,
    },
  ];
}

function nodeRoutes(
  context: ServerContext,
  streams: OpenStreams,
  halted: () => RaftError | null,
): readonly Route[] {
  return [
    {
      pattern: '/status',
      methods: { GET: { about: GET_STATUS, answer: (request) => getStatus(context, request) } },
      isProbe: true,
    },
    {
      pattern: '/livez',
      methods: { GET: { about: GET_LIVEZ, answer: (request) => getLivez(request, halted()) } },
      serves: 'everybody',
      isProbe: true,
    },
    {
      pattern: '/readyz',
      methods: { GET: { about: GET_READYZ, answer: (request) => getReadyz(context, request) } },
      serves: 'everybody',
    },
    {
      pattern: '/metrics',
      methods: { GET: { about: GET_METRICS, answer: (request) => getMetrics(context, request) } },
      serves: 'everybody',
      isProbe: true,
    },
    {
      pattern: '/inspect',
      methods: {
        GET: {
          about: GET_INSPECT,
          answer: (request, ask) => getInspect(context, request, { ...ask, streams }),
        },
      },
      serves: 'inspectors',
      isProbe: true,
      isStream: true,
    },
  ];
}

function administrativeRoutes(context: ServerContext, streams: OpenStreams): readonly Route[] {
  return [
    {
      pattern: '/transfer',
      methods: {
        POST: {
          about: POST_TRANSFER,
          answer: (request, ask) => postTransfer(context, request, ask),
        },
      },
      acts: { POST: 'transfer' },
    },
    {
      pattern: '/snapshot',
      methods: {
        POST: { about: POST_SNAPSHOT, answer: (request) => postSnapshot(context, request) },
      },
      acts: { POST: 'snapshot' },
      isLocal: true,
    },
    {
      pattern: '/compact',
      methods: {
        POST: { about: POST_COMPACT, answer: (request, ask) => postCompact(context, request, ask) },
      },
      acts: { POST: 'compact' },
    },
    {
      pattern: '/backup',
      methods: {
        GET: {
          about: GET_BACKUP,
          answer: (request, ask) => getBackup(context, request, { ...ask, streams }),
        },
      },
      acts: { GET: 'backup' },
      isStream: true,
    },
  ];
}

/** Also of a node that has halted: the page shows that it has. */
function pageRoutes(context: ServerContext): readonly Route[] {
  const file = (about: Operation): Route['methods'] => ({
    GET: { about, answer: (request, { account }) => getUiFile(context, request, account) },
  });
  const page = { isProbe: true, serves: 'inspectors' } as const;
  return [
    {
      pattern: '/ui',
      methods: { GET: { about: GET_UI, answer: () => getUi(context) } },
      ...page,
    },
    { pattern: '/ui/', methods: file(GET_PAGE), ...page },
    { pattern: '/ui/:file', methods: file(GET_PAGE_FILE), ...page },
    { pattern: '/ui/pictures/:file', methods: file(GET_PICTURE), ...page },
  ];
}

function sessionRoutes(context: ServerContext): readonly Route[] {
  return [
    {
      pattern: '/sessions',
      methods: {
        POST: { about: POST_SESSION, answer: (request, ask) => postSession(context, request, ask) },
      },
    },
    {
      pattern: '/sessions/:id',
      methods: {
        POST: { about: RENEW_SESSION, answer: (request) => renewSession(context, request) },
        DELETE: { about: DELETE_SESSION, answer: (request) => deleteSession(context, request) },
      },
    },
  ];
}

function leaseRoutes(context: ServerContext): readonly Route[] {
  return [
    {
      pattern: '/lease',
      methods: {
        GET: { about: GET_LEASES, answer: (request, ask) => getLeases(context, request, ask) },
        POST: { about: POST_LEASE, answer: (request, ask) => postLease(context, request, ask) },
      },
    },
    // Before the pattern below, which matches this path as well.
    {
      pattern: '/lease/renew',
      methods: {
        POST: { about: RENEW_LEASES, answer: (request, ask) => renewLease(context, request, ask) },
      },
    },
    {
      pattern: '/lease/:id',
      methods: {
        GET: { about: GET_LEASE, answer: (request, ask) => getLease(context, request, ask) },
        DELETE: {
          about: DELETE_LEASE,
          answer: (request, ask) => deleteLease(context, request, ask),
        },
      },
    },
  ];
}

function memberRoutes(context: ServerContext): readonly Route[] {
  return [
    {
      pattern: '/members',
      methods: {
        GET: { about: GET_MEMBERS, answer: (request) => getMembers(context, request) },
        POST: { about: POST_MEMBERS, answer: (request, ask) => postMembers(context, request, ask) },
      },
      acts: { POST: 'member change' },
    },
    {
      pattern: '/members/:id',
      methods: {
        DELETE: {
          about: DELETE_MEMBER,
          answer: (request, ask) => deleteMember(context, request, ask),
        },
      },
      acts: { DELETE: 'member remove' },
    },
    {
      pattern: '/members/:id/promote',
      methods: {
        POST: {
          about: PROMOTE_MEMBER,
          answer: (request, ask) => promoteMember(context, request, ask),
        },
      },
      acts: { POST: 'member promote' },
    },
  ];
}
