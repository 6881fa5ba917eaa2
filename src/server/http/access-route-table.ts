/** The part of the table of routes that says and changes who may do what. */
import { CALLER_KINDS } from '../../kv/commands/access-changes.ts';
import type { ServerContext } from '../server-context.ts';
import type { Ask } from './ask.ts';
import {
  ACCESS_OFF,
  ACCESS_ON,
  ADD_TOKEN,
  ADD_USER,
  DELETE_ROLE,
  GET_ACCESS,
  GRANT_ROLE,
  REMOVE_TOKEN,
  REMOVE_USER,
} from './description/access-operations.ts';
import type { Route } from './route.ts';
import {
  addCaller,
  deleteRole,
  getAccess,
  grantRole,
  removeCaller,
  turnOff,
  turnOn,
} from './routes/access-routes.ts';

export function accessRoutes(context: ServerContext): readonly Route[] {
  return [
    {
      pattern: '/access',
      methods: {
        GET: { about: GET_ACCESS, answer: (request, ask) => getAccess(context, request, ask) },
      },
      acts: { GET: 'access status' },
    },
    {
      pattern: '/access/on',
      methods: {
        POST: { about: ACCESS_ON, answer: (request, ask) => turnOn(context, request, ask) },
      },
      acts: { POST: 'access on' },
    },
    {
      pattern: '/access/off',
      methods: {
        POST: { about: ACCESS_OFF, answer: (request, ask) => turnOff(context, request, ask) },
      },
      acts: { POST: 'access off' },
    },
    {
      pattern: '/access/roles',
      methods: {
        POST: { about: GRANT_ROLE, answer: (request, ask) => grantRole(context, request, ask) },
      },
      acts: { POST: 'role grant' },
    },
    {
      pattern: '/access/roles/:name',
      methods: {
        DELETE: { about: DELETE_ROLE, answer: (request, ask) => deleteRole(context, request, ask) },
      },
      acts: { DELETE: 'role revoke' },
    },
  ];
}

export function callerRoutes(context: ServerContext): readonly Route[] {
  const operations = {
    token: { add: ADD_TOKEN, remove: REMOVE_TOKEN },
    user: { add: ADD_USER, remove: REMOVE_USER },
  };
  return CALLER_KINDS.flatMap((kind) => [
    {
      pattern: `/access/${kind}s`,
      methods: {
        POST: {
          about: operations[kind].add,
          answer: (request: Request, ask: Ask) => addCaller(context, kind, { request, ask }),
        },
      },
      acts: { POST: `${kind} create` },
    },
    {
      pattern: `/access/${kind}s/:name`,
      methods: {
        DELETE: {
          about: operations[kind].remove,
          answer: (request: Request, ask: Ask) => removeCaller(context, kind, { request, ask }),
        },
      },
      acts: { DELETE: `${kind} revoke` },
    },
  ]);
}
