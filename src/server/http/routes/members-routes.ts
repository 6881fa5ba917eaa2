/**
 * `/members`: who takes part, and how far each has come; members come, go and are replaced (SV32, §4). Any node takes
 * any of it. To ask twice is harmless, and what is done already is answered as done.
 */
import { formatAddress, parsePlace } from '../../../core/address.ts';
import type { MembershipChange } from '../../../core/membership-change.ts';
import { ofMember } from '../../../core/per-member.ts';
import { isNodeId, type NodeId } from '../../../core/types.ts';
import type { MembersOutcome, Replica, ReplicaStatus } from '../../../ports/replica.ts';
import { badRequest } from '../../errors.ts';
import { MEMBERS_BODY_BYTES_MAX } from '../../limits.ts';
import { deedOfMembers } from '../../operations/deeds.ts';
import type { ServerContext } from '../../server-context.ts';
import type { Ask } from '../ask.ts';
import { fieldsOf, parseJson } from '../request/json-body.ts';
import type { JsonFields } from '../request/json-bytes.ts';
import { readBody } from '../request/request-body.ts';
import { timeoutFrom } from '../request/request-input.ts';
import { readQuery } from '../request/request-query.ts';
import { deadlineOf, left } from './kv-routes.ts';
import { readOrder } from './order.ts';

type MembersParts = Pick<ServerContext, 'replica' | 'held'>;
type ListParts = Pick<ServerContext, 'clientUrls' | 'replica'>;

export function getMembers({ clientUrls, replica }: ListParts, request: Request): Response {
  readQuery(request.url, []);
  const status = replica.status();
  const { id, leader, members } = status;
  const urls = clientUrls?.among(status) ?? {};
  const url = leader === null || leader === id ? null : (clientUrls?.of(leader) ?? null);
  const elsewhere = url === null ? {} : { leaderUrl: url };
  return Response.json({ leader, ...elsewhere, members, progress: progressIn(status, urls) });
}

/** How far each member has come is known to the leader alone: elsewhere `matchIndex` and `lag` are `null`. */
function progressIn(
  status: ReplicaStatus,
  urls: Readonly<Record<string, string>>,
): readonly object[] {
  const { id, lastIndex, links, members, role } = status;
  return [...members.voters, ...members.learners].map((member) => {
    const isVoter = members.voters.includes(member);
    const link = links.find(({ peer }) => peer === member);
    const own = member === id && role === 'leader' ? lastIndex : null;
    const matchIndex = link?.matchIndex ?? own;
    return {
      id: member,
      role: isVoter ? 'voter' : 'learner',
      address: ofMember(members.addresses, member) ?? null,
      clientUrl: ofMember(urls, member) ?? null,
      link: link?.state ?? null,
      matchIndex,
      lag: matchIndex === null ? null : Math.max(0, lastIndex - matchIndex),
    };
  });
}

/** One member by `id`, or any number of changes at once by `add`, `promote` and `remove`. */
export async function postMembers(
  context: MembersParts,
  request: Request,
  { tell }: Ask,
): Promise<Response> {
  const query = readQuery(request.url, ['timeoutMs']);
  const deadline = deadlineOf(timeoutFrom(query));
  const body = await readBody(request, {
    bytesMax: MEMBERS_BODY_BYTES_MAX,
    what: 'a change of members',
    held: context.held.incoming,
    timeoutMs: left(deadline),
  });
  return changed(context, changeIn(parseJson(body)), { tell, timeoutMs: left(deadline) });
}

/** `/members/<id>/promote` */
export async function promoteMember(
  context: MembersParts,
  request: Request,
  { tell }: Ask,
): Promise<Response> {
  const promote = [memberIn(request, '/promote')];
  const { body, deadline } = await readOrder(context, request, 'a promotion');
  if (body.length > 0) fieldsOf(parseJson(body), 'The promotion', []);
  const timeoutMs = left(deadline);
  return changed(context, { add: {}, promote, remove: [] }, { tell, timeoutMs });
}

/** `/members/<id>` */
export function deleteMember(
  context: MembersParts,
  request: Request,
  { tell }: Ask,
): Promise<Response> {
  const remove = [memberIn(request, '')];
  const timeoutMs = timeoutFrom(readQuery(request.url, ['timeoutMs']));
  return changed(context, { add: {}, promote: [], remove }, { tell, timeoutMs });
}

function memberIn(request: Request, behind: string): NodeId {
  const { pathname } = new URL(request.url);
  return idFrom(pathname.slice('/members/'.length, pathname.length - behind.length), 'The member');
}

const WHERE = 'The change';

function changeIn(json: unknown): MembershipChange {
  const fields = fieldsOf(json, WHERE, null);
  if ('id' in fields) return oneIn(fieldsOf(json, WHERE, ['id', 'peerAddress', 'promote']));
  const {
    add = {},
    promote = [],
    remove = [],
  } = fieldsOf(json, WHERE, ['add', 'promote', 'remove']);
  return {
    add: addressesIn(fieldsOf(add, 'add', null)),
    promote: idsIn(promote, 'promote'),
    remove: idsIn(remove, 'remove'),
  };
}

function oneIn({ id: given, peerAddress, promote = false }: JsonFields): MembershipChange {
  const id = idFrom(given, 'id');
  if (typeof promote !== 'boolean') throw badRequest('promote must be true or false.');
  const add = addressesIn({ [id]: peerAddress });
  return { add, promote: promote ? [id] : [], remove: [] };
}

/** Whether their names may be given, the members judge (MC6). */
function addressesIn(fields: JsonFields): Readonly<Record<string, string>> {
  const addresses: Record<string, string> = {};
  for (const [id, address] of Object.entries(fields)) {
    const place = typeof address === 'string' ? parsePlace(address) : null;
    if (place === null) {
      throw badRequest(`${id} needs its address, such as 10.0.0.4:4200, for the other members.`);
    }
    addresses[idFrom(id, 'add')] = formatAddress(place);
  }
  return addresses;
}

function idsIn(json: unknown, where: string): readonly NodeId[] {
  if (Array.isArray(json)) return json.map((id) => idFrom(id, where));
  throw badRequest(`${where} must be a list of names of members.`);
}

function idFrom(value: unknown, where: string): NodeId {
  if (isNodeId(value)) return value;
  throw badRequest(`${where} must name a member: letters, digits, '.', '_' and '-'.`);
}

async function changed(
  { replica }: MembersParts,
  change: MembershipChange,
  { tell, timeoutMs }: Pick<Ask, 'tell'> & { readonly timeoutMs: number },
): Promise<Response> {
  tell(deedOfMembers(change));
  const outcome = await ended(replica, change, timeoutMs);
  if (outcome.type === 'failed') throw outcome.error;
  return Response.json({ members: outcome.members });
}

function ended(
  replica: Replica,
  change: MembershipChange,
  timeoutMs: number,
): Promise<MembersOutcome> {
  return new Promise((resolve) => replica.changeMembers(change, { timeoutMs }, resolve));
}
