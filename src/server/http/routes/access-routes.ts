/** `/access`: who may do what, shown and changed (AC1, AC4). Each change is an administrative act, and of no use without the right to it. */

import {
  type AccessChange,
  type Caller,
  type CallerKind,
  isAccessName,
  RIGHT,
  RIGHT_NAMES,
  ROOT,
} from '../../../kv/commands/access-changes.ts';
import { encodeCommand } from '../../../kv/commands/command-codec.ts';
import { keyBytes } from '../../../kv/keys/key-order.ts';
import { newToken } from '../../access/credentials.ts';
import { badRequest } from '../../errors.ts';
import { deedOfAccess } from '../../operations/deeds.ts';
import type { ServerContext } from '../../server-context.ts';
import { submit, untilReadable } from '../../store/replica-calls.ts';
import type { Ask } from '../ask.ts';
import { fieldsOf, parseJson } from '../request/json-body.ts';
import {
  bytesField,
  bytesFromJson,
  JSON_ENCODINGS,
  type JsonEncoding,
  type JsonFields,
} from '../request/json-bytes.ts';
import { encodingFrom, timeoutFrom } from '../request/request-input.ts';
import { readQuery, textParameter } from '../request/request-query.ts';
import { deadlineOf, left, readHeaders, readyToRead, refusal } from './kv-routes.ts';
import { readOrder } from './order.ts';

type AccessParts = Pick<ServerContext, 'replica' | 'guard' | 'held' | 'kv'>;

/** All but the hashes: nobody needs them. */
export async function getAccess(
  context: AccessParts,
  request: Request,
  { visitor }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, ['consistency', 'atLeast', 'encoding', 'timeoutMs']);
  const encoding = encodingFrom(query);
  const served = await readyToRead(context, query);
  // Again, with what is read now.
  context.guard.mayAct(visitor, 'admin');
  const { access, revision } = context.kv;
  const roles = [...access.roles].map(([name, grants]) => ({
    name,
    grants: [...grants].map(([prefix, rights]) => ({
      ...bytesField('prefix', keyBytes(prefix), encoding),
      rights: RIGHT_NAMES.filter((right) => (rights & RIGHT[right]) !== 0),
    })),
  }));
  const callers = [...access.callers()];
  const body = {
    isOn: access.isOn,
    accessRevision: access.revision,
    roles,
    tokens: callers.filter(isOfKind('token')).map(summaryOf),
    users: callers.filter(isOfKind('user')).map(summaryOf),
  };
  return Response.json(body, { headers: readHeaders(revision, served) });
}

function isOfKind(kind: CallerKind): (caller: Caller) => boolean {
  return (caller) => caller.kind === kind;
}

function summaryOf({ name, roles }: Caller): object {
  return { name, roles };
}

/** The one answer that tells the first token. */
export async function turnOn(context: AccessParts, request: Request, ask: Ask): Promise<Response> {
  const deadline = await emptyOrder(context, request);
  const { hash, token } = newToken(ROOT);
  const fields = { isOn: true, token };
  return changed(context, { type: 'turnOn', hash }, { ask, deadline, fields });
}

export async function turnOff(context: AccessParts, request: Request, ask: Ask): Promise<Response> {
  const deadline = await emptyOrder(context, request);
  return changed(context, { type: 'turnOff' }, { ask, deadline, fields: { isOn: false } });
}

async function emptyOrder(context: AccessParts, request: Request): Promise<number> {
  const { body, deadline } = await readOrder(context, request, 'a change of access');
  if (body.length > 0) fieldsOf(parseJson(body), 'The change', []);
  return deadline;
}

/** `{"role": "ci", "prefix": "builds/", "rights": ["read", "write"]}`; these rights, and no others, to that prefix. */
export async function grantRole(
  context: AccessParts,
  request: Request,
  ask: Ask,
): Promise<Response> {
  const { body, deadline } = await readOrder(context, request, 'a right');
  const fields = fieldsOf(parseJson(body), 'The right', ['role', 'prefix', 'rights', 'encoding']);
  const role = nameIn(fields.role, 'role');
  const encoding = encodingIn(fields);
  const prefix = bytesFromJson(fields.prefix, 'prefix', encoding);
  const rights = rightsIn(fields.rights);
  return changed(context, { type: 'grantRole', role, prefix, rights }, { ask, deadline });
}

function encodingIn({ encoding = 'utf8' }: JsonFields): JsonEncoding {
  const known = JSON_ENCODINGS.find((each) => each === encoding);
  if (known !== undefined) return known;
  throw badRequest(`encoding must be one of ${JSON_ENCODINGS.join(', ')}.`);
}

function rightsIn(value: unknown): number {
  const names: readonly unknown[] = Array.isArray(value) ? value : [];
  const known = RIGHT_NAMES.filter((name) => names.includes(name));
  if (known.length > 0 && known.length === names.length) {
    return known.reduce((rights, name) => rights | RIGHT[name], 0);
  }
  throw badRequest(`rights must be a list of ${RIGHT_NAMES.join(', ')}, each once.`);
}

/** The whole role, or with `?prefix=` its rights to that. */
export async function deleteRole(
  context: AccessParts,
  request: Request,
  ask: Ask,
): Promise<Response> {
  const query = readQuery(request.url, ['prefix', 'timeoutMs', 'encoding']);
  const encoding = encodingFrom(query);
  const role = nameInPath(request);
  const text = textParameter(query, 'prefix');
  const deadline = deadlineOf(timeoutFrom(query));
  if (text === null) return changed(context, { type: 'deleteRole', role }, { ask, deadline });
  const prefix = bytesFromJson(text, 'The query parameter prefix', encoding);
  return changed(context, { type: 'revokeRole', role, prefix }, { ask, deadline });
}

interface Asked {
  readonly request: Request;
  readonly ask: Ask;
}

/** `{"name": "ci", "roles": ["builder"]}`; a token is told in this answer, and never again. */
export async function addCaller(
  context: AccessParts,
  kind: CallerKind,
  { ask, request }: Asked,
): Promise<Response> {
  const { body, deadline } = await readOrder(context, request, `a ${kind}`);
  const fields = fieldsOf(parseJson(body), `The ${kind}`, ['name', 'roles']);
  const name = nameIn(fields.name, 'name');
  const roles = rolesIn(fields);
  const made = kind === 'token' ? newToken(name) : null;
  const caller = { kind, name, roles, hash: made?.hash ?? null };
  const told = made === null ? {} : { token: made.token };
  const answered = { name, ...told };
  return changed(context, { type: 'addCaller', caller }, { ask, deadline, fields: answered });
}

function rolesIn({ roles }: JsonFields): readonly string[] {
  if (Array.isArray(roles) && roles.length > 0)
    return [...new Set(roles.map((role) => nameIn(role, 'roles')))];
  throw badRequest('roles must be a list of names of roles, at least one.');
}

export function removeCaller(
  context: AccessParts,
  kind: CallerKind,
  { ask, request }: Asked,
): Promise<Response> {
  const name = nameInPath(request);
  const deadline = deadlineOf(timeoutFrom(readQuery(request.url, ['timeoutMs'])));
  return changed(context, { type: 'removeCaller', kind, name }, { ask, deadline });
}

function nameInPath(request: Request): string {
  return nameIn(new URL(request.url).pathname.split('/').at(-1), 'the path');
}

function nameIn(value: unknown, where: string): string {
  if (typeof value === 'string' && isAccessName(value)) return value;
  throw badRequest(
    `${where} must name a role, a token or a user: letters, digits, '.', '_', '-' and '@', 64 at most.`,
  );
}

interface Changing {
  readonly ask: Ask;
  readonly deadline: number;
  readonly fields?: JsonFields;
}

/** Answered once this member has applied it: whoever asks here with a new token is known. */
async function changed(
  { replica }: AccessParts,
  change: AccessChange,
  { ask, deadline, fields = {} }: Changing,
): Promise<Response> {
  ask.tell(deedOfAccess(change));
  const bytes = encodeCommand({ type: 'access', change });
  const { at, result } = await submit(replica, bytes, { timeoutMs: left(deadline) });
  if (result.type !== 'access') return refusal(result);
  await untilReadable(replica, { timeoutMs: left(deadline), atLeast: at });
  const { accessRevision } = result;
  return Response.json({ accessRevision, ...fields }, { headers: { 'cache-control': 'no-store' } });
}
