/**
 * What the small records of the store hold, and the proof of their shape: what comes from disk is
 * `unknown` until it has passed one of these (TR4). Each answers `null` to anything it cannot vouch for.
 */
import type { Configuration } from '../../core/configuration.ts';
import type { HardState } from '../../core/hard-state.ts';
import type { KnownPeer, PeerBoot } from '../../core/identity.ts';
import {
  type EntryId,
  type Index,
  index,
  isCounter,
  isNodeId,
  type NodeId,
  term,
} from '../../core/types.ts';

/** Whom a database belongs to; the same words stand in `identity.json` (ST5). */
export interface StoredIdentity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  readonly incarnation: string;
}

/**
 * The state record: rewritten by every batch, so that it names the content which the batch leaves
 * behind. A database whose content differs from it has lost a batch or kept a deleted record (ST3).
 */
export interface StoreState {
  /** Numbers the batches of this directory, from 1. */
  readonly sequence: number;
  /** Starts of this directory that reached the database. */
  readonly boots: number;
  readonly hardState: HardState;
  readonly base: EntryId;
  /** The last entry; equal to `base` when the log is empty. */
  readonly last: EntryId;
  /** How many entry runs there are. */
  readonly runs: number;
  /** The sum of the checksums of all other records, modulo `DIGEST_MODULUS`. */
  readonly digest: number;
}

/** The second copy of the hard state, in `hard-state` (ST4). */
export interface HardStateCopy {
  readonly incarnation: string;
  readonly sequence: number;
  readonly hardState: HardState;
}

/** What `acknowledged` remembers of the last completed write (ST7). */
export interface Acknowledged {
  readonly incarnation: string;
  readonly sequence: number;
  readonly last: EntryId;
}

const DIGEST_MODULUS = 2 ** 48;

/** The digest of a content that gains and loses records with these checksums. */
export function advanceDigest(digest: number, gained: number, lost: number): number {
  return (digest + gained - lost + DIGEST_MODULUS) % DIGEST_MODULUS;
}

export function parseIdentity(value: unknown): StoredIdentity | null {
  if (!isObject(value)) return null;
  const { clusterId, nodeId, incarnation } = value;
  if (!isText(clusterId) || !isNodeId(nodeId) || !isText(incarnation)) return null;
  return { clusterId, nodeId, incarnation };
}

export function parseState(value: unknown): StoreState | null {
  if (!isObject(value)) return null;
  const { sequence, boots, runs, digest } = value;
  const hardState = parseHardState(value.hardState);
  const base = parseEntryId(value.base);
  const last = parseEntryId(value.last);
  if (!isCounter(sequence) || !isCounter(boots) || !isCounter(runs) || !isCounter(digest)) {
    return null;
  }
  if (hardState === null || base === null || last === null) return null;
  return { sequence, boots, hardState, base, last, runs, digest };
}

export function parseConfiguration(value: unknown): Configuration | null {
  if (!isObject(value)) return null;
  const { voters, votersOutgoing, learners, learnersNext } = value;
  if (!isNodeIds(voters) || !isNodeIds(votersOutgoing)) return null;
  if (!isNodeIds(learners) || !isNodeIds(learnersNext)) return null;
  return { voters, votersOutgoing, learners, learnersNext };
}

export function parsePeer(value: unknown): KnownPeer | null {
  if (!isObject(value)) return null;
  const { nodeId, met, shown } = value;
  if (!isNodeId(nodeId)) return null;
  if (met === undefined) return parsePeerOfFormat1(nodeId, value);
  if (shown !== null && (!Array.isArray(shown) || !shown.every(isText))) return null;
  if (met === null) return { nodeId, met, shown };
  const boot = parsePeerBoot(met);
  return boot === null ? null : { nodeId, met: boot, shown };
}

/** It said who the peer was, and nothing of what the peer may know. */
function parsePeerOfFormat1(
  nodeId: NodeId,
  { incarnation, boots, boot }: Readonly<Record<string, unknown>>,
): KnownPeer | null {
  const met = parsePeerBoot({ incarnation, boots, word: boot });
  return met === null ? null : { nodeId, met, shown: null };
}

function parsePeerBoot(value: unknown): PeerBoot | null {
  if (!isObject(value)) return null;
  const { incarnation, boots, word } = value;
  if (!isText(incarnation) || !isCounter(boots) || !isText(word)) return null;
  return { incarnation, boots, word };
}

export function parseHardStateCopy(value: unknown): HardStateCopy | null {
  if (!isObject(value)) return null;
  const { incarnation, sequence } = value;
  const hardState = parseHardState(value.hardState);
  if (!isText(incarnation) || !isCounter(sequence) || hardState === null) return null;
  return { incarnation, sequence, hardState };
}

export function parseAcknowledged(value: unknown): Acknowledged | null {
  if (!isObject(value)) return null;
  const { incarnation, sequence } = value;
  const last = parseEntryId(value.last);
  if (!isText(incarnation) || !isCounter(sequence) || last === null) return null;
  return { incarnation, sequence, last };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function parseHardState(value: unknown): HardState | null {
  if (!isObject(value) || !isCounter(value.term)) return null;
  const { votedFor } = value;
  if (votedFor !== null && !isNodeId(votedFor)) return null;
  return { term: term(value.term), votedFor };
}

function parseEntryId(value: unknown): EntryId | null {
  if (!isObject(value) || !isCounter(value.term) || !isCounter(value.index)) return null;
  const at: Index = index(value.index);
  return { term: term(value.term), index: at };
}

function isNodeIds(value: unknown): value is readonly NodeId[] {
  return Array.isArray(value) && value.every(isNodeId);
}
