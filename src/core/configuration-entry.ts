/**
 * A configuration as an entry of the log (§4.1). It stands alone in a run, so that whoever stores, sends or receives runs
 * finds it without looking at the entries of any other. Payload: JSON in UTF-8, in one order of fields and names, so that
 * equal memberships are equal bytes. What comes from disk or wire is proven before it counts (MC2).
 */
import { assert } from './assert.ts';
import { viewOf } from './bytes/view-of.ts';
import { type Configuration, type Membership, members } from './configuration.ts';
import {
  ENTRY_HEADER_BYTES,
  ENTRY_KIND,
  type EntryRun,
  encodeRun,
  RUN_HEADER_BYTES,
  type RunStart,
} from './entry-run.ts';
import { CONFIGURATION_BYTES_MAX, MEMBERS_MAX, REMOVED_MAX } from './limits.ts';
import { ofMember } from './per-member.ts';
import { isNodeId, type NodeId } from './types.ts';

const VERSION = 1;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One configuration entry as a run of its own. */
export function encodeConfigurationRun(start: RunStart, membership: Membership): EntryRun {
  const data = encodeMembership(membership);
  assert(
    typeof decodeMembership(data) !== 'string',
    'MC2: a configuration that is written can be read',
  );
  return encodeRun(start, [{ kind: ENTRY_KIND.configuration, data }]);
}

/** True if it holds a configuration: looks at its first entry only, since such an entry stands alone. */
export function isConfigurationRun({ bytes, firstIndex, lastIndex }: EntryRun): boolean {
  return firstIndex === lastIndex && bytes[RUN_HEADER_BYTES] === ENTRY_KIND.configuration;
}

/** `null`: no configuration. A text: what is wrong with it. */
export function membershipIn(run: EntryRun): Membership | string | null {
  if (!isConfigurationRun(run)) return null;
  const { bytes } = run;
  const dataAt = RUN_HEADER_BYTES + ENTRY_HEADER_BYTES;
  const isFilled =
    bytes.length >= dataAt &&
    bytes.length === dataAt + viewOf(bytes).getUint32(RUN_HEADER_BYTES + 1, true);
  return isFilled
    ? decodeMembership(bytes.subarray(dataAt))
    : 'a configuration does not fill its run';
}

/** The same of a run that was proven when it came in. */
export function membershipOf(run: EntryRun): Membership | null {
  const found = membershipIn(run);
  assert(typeof found !== 'string', 'MC2: a configuration is proven where it comes in');
  return found;
}

export function encodeMembership({ configuration, addresses, removed }: Membership): Uint8Array {
  const { voters, votersOutgoing, learners, learnersNext } = configuration;
  const content = {
    version: VERSION,
    ...{ voters, votersOutgoing, learners, learnersNext },
    addresses: members(configuration).flatMap((id) => {
      const address = ofMember(addresses, id);
      return address === undefined ? [] : [[id, address]];
    }),
    removed,
  };
  return encoder.encode(JSON.stringify(content));
}

/** A text says what is wrong. */
export function decodeMembership(data: Uint8Array): Membership | string {
  if (data.length > CONFIGURATION_BYTES_MAX) return 'a configuration is too large';
  const value = parse(data);
  if (typeof value !== 'object' || value === null) return 'a configuration is not readable';
  const { version, addresses, removed } = value as Record<string, unknown>;
  if (version !== VERSION) return `configuration version ${String(version)} is not known`;
  const configuration = configurationIn(value as Record<string, unknown>);
  if (typeof configuration === 'string') return configuration;
  const known = members(configuration);
  if (!isAddressList(addresses, known))
    return 'the addresses of a configuration are not those of its members';
  if (!isNameList(removed, REMOVED_MAX) || removed.some((id) => known.includes(id))) {
    return 'a configuration has a member that it calls removed';
  }
  return { configuration, addresses: Object.fromEntries(addresses), removed };
}

function configurationIn(value: Record<string, unknown>): Configuration | string {
  const { voters, votersOutgoing, learners, learnersNext } = value;
  const lists = [voters, votersOutgoing, learners, learnersNext];
  if (!lists.every(isSortedNames))
    return 'the members of a configuration are not lists of names in order';
  const configuration = { voters, votersOutgoing, learners, learnersNext } as Configuration;
  return contradictionIn(configuration) ?? configuration;
}

/** Which sets of names make no configuration. `null`: it is one. */
export function contradictionIn(configuration: Configuration): string | null {
  const { voters, votersOutgoing, learners, learnersNext } = configuration;
  if (voters.length === 0) return 'a configuration has no voters';
  if (learners.some((id) => voters.includes(id) || votersOutgoing.includes(id))) {
    return 'a learner of a configuration votes in it';
  }
  if (learnersNext.some((id) => voters.includes(id) || !votersOutgoing.includes(id))) {
    return 'only who ceases to vote becomes a learner of the next configuration';
  }
  return members(configuration).length > MEMBERS_MAX
    ? 'a configuration has too many members'
    : null;
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data)) as unknown;
  } catch {
    return null;
  }
}

function isNameList(value: unknown, lengthMax: number): value is readonly NodeId[] {
  return Array.isArray(value) && value.length <= lengthMax && value.every(isNodeId);
}

function isSortedNames(value: unknown): value is readonly NodeId[] {
  if (!isNameList(value, MEMBERS_MAX)) return false;
  return value.every((id, at) => at === 0 || (value[at - 1] as NodeId) < id);
}

function isAddressList(
  value: unknown,
  known: readonly NodeId[],
): value is readonly (readonly [NodeId, string])[] {
  if (!Array.isArray(value)) return false;
  let next = 0;
  return value.every((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2 || !isMemberAddress(pair[1])) return false;
    const at = known.indexOf(pair[0], next);
    next = at + 1;
    return at >= 0;
  });
}

/** `host:port`, or whatever another transport takes for an address: one word that can be shown. */
export function isMemberAddress(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,300}$/.test(value);
}
