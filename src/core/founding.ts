/**
 * What nodes that found a cluster by number say to each other and keep on disk (FO1–FO14), and how to read it back: from a
 * file or from the wire it is `unknown` until it has passed here (TR4). What follows from it `src/rules/founding.ts` decides.
 */
import { isMemberAddress } from './configuration-entry.ts';
import { isClusterId } from './identity.ts';
import { MEMBERS_MAX } from './limits.ts';
import { isCounter, isNodeId, type NodeId } from './types.ts';

/** One data directory: where a disk was lost, there is another under the same id. */
export interface Founder {
  readonly id: NodeId;
  readonly incarnation: string;
}

export interface FoundingMember extends Founder {
  /** Where the other members find it. */
  readonly address: string;
}

/** To be one of exactly these members, under the lowest of them. */
export interface Proposal {
  readonly founder: Founder;
  /** Counted by the founder: no two of its proposals have the same. */
  readonly round: number;
  /** By id, ascending. */
  readonly members: readonly FoundingMember[];
}

/** All that a node has to remember: on disk before it is said. */
export interface FoundingState {
  readonly round: number;
  /** To whom this node has promised itself, be it to itself. */
  readonly promised: Proposal | null;
  readonly foundation: Proposal | null;
}

/** What a node says of itself. It may arrive late, twice or never. */
export interface FoundingWord {
  /** The name that keeps clusters apart; empty unless one was given. */
  readonly cluster: string;
  readonly expected: number;
  readonly self: FoundingMember;
  readonly state: FoundingState;
}

export const NOTHING_FOUNDED: FoundingState = { round: 0, promised: null, foundation: null };

/** `null`: it is none. */
export function foundingWordIn(value: unknown): FoundingWord | null {
  const { cluster, expected, self: said, state: told } = fieldsOf(value);
  const [self, state] = [memberIn(said), foundingStateIn(told)];
  if (cluster !== '' && !isClusterId(cluster)) return null;
  if (!isCounter(expected) || self === null || state === null) return null;
  return { cluster, expected, self, state };
}

/** `null`: it is none. */
export function foundingStateIn(value: unknown): FoundingState | null {
  const { foundation: founded, promised: given, round } = fieldsOf(value);
  const [promised, foundation] = [proposalIn(given), proposalIn(founded)];
  if (!isCounter(round) || promised === undefined || foundation === undefined) return null;
  return { round, promised, foundation };
}

/** Undefined: it is none, and not `null` either. */
function proposalIn(value: unknown): Proposal | null | undefined {
  if (value === null) return null;
  const { founder: given, members: named, round } = fieldsOf(value);
  const founder = founderIn(given);
  if (founder === null || !isCounter(round) || !Array.isArray(named)) return undefined;
  if (named.length > MEMBERS_MAX) return undefined;
  const members = named.flatMap((each) => memberIn(each) ?? []);
  return members.length === named.length ? { founder, round, members } : undefined;
}

function memberIn(value: unknown): FoundingMember | null {
  const { address } = fieldsOf(value);
  const founder = founderIn(value);
  return founder === null || !isMemberAddress(address) ? null : { ...founder, address };
}

function founderIn(value: unknown): Founder | null {
  const { id, incarnation } = fieldsOf(value);
  return isNodeId(id) && isIncarnation(incarnation) ? { id, incarnation } : null;
}

function isIncarnation(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{1,32}$/.test(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
