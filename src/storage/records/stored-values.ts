/** What the small records of the store hold, and how each is proven when it is read. */
import type { Configuration, MembershipAt } from '../../core/configuration.ts';
import { decodeMembership, encodeMembership } from '../../core/configuration-entry.ts';
import type { HardState } from '../../core/hard-state.ts';
import type { KnownPeer, NodeIdentity, PeerBoot } from '../../core/identity.ts';
import { type EntryId, INDEX_ZERO, type Index } from '../../core/types.ts';
import {
  aBoolean,
  aCounter,
  aNodeId,
  anIndex,
  aTerm,
  aText,
  listOf,
  objectOf,
  orAbsent,
  orNull,
  type Proof,
} from './proofs.ts';
import { RECORD_KIND, type RecordFormat } from './record.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Whom a database belongs to; the same words stand in `identity.json` (ST5). */
export type StoredIdentity = Pick<NodeIdentity, 'clusterId' | 'nodeId' | 'incarnation'>;

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
  /** What was known to be committed, at most `last` (ST19); 0 in records that were written before it was noted. */
  readonly commitIndex: Index;
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
  /** Nothing else changed, so that it was written beside the batch of the log, not behind it; `false` before this was noted. */
  readonly isAlone: boolean;
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

export const anEntryId = objectOf<EntryId>({ term: aTerm, index: anIndex });
const aHardState = objectOf<HardState>({ term: aTerm, votedFor: orNull(aNodeId) });
const aBoot = objectOf<PeerBoot>({ incarnation: aText, boots: aCounter, word: aText });

export const IDENTITY: RecordFormat<StoredIdentity> = {
  kind: RECORD_KIND.identity,
  proof: objectOf({ clusterId: aText, nodeId: aNodeId, incarnation: aText }),
};

export const STATE: RecordFormat<StoreState> = {
  kind: RECORD_KIND.state,
  proof: objectOf({
    sequence: aCounter,
    boots: aCounter,
    hardState: aHardState,
    base: anEntryId,
    last: anEntryId,
    commitIndex: orAbsent(anIndex, INDEX_ZERO),
    runs: aCounter,
    digest: aCounter,
  }),
};

export const CONFIGURATION: RecordFormat<Configuration> = {
  kind: RECORD_KIND.configuration,
  proof: objectOf({
    voters: listOf(aNodeId),
    votersOutgoing: listOf(aNodeId),
    learners: listOf(aNodeId),
    learnersNext: listOf(aNodeId),
  }),
};

/** What is in force where the log begins: as text, in the form in which an entry of the log says it. */
interface StoredMembership {
  readonly index: Index;
  readonly text: string;
}

export function storedMembership(membership: MembershipAt): StoredMembership {
  return { index: membership.index, text: decoder.decode(encodeMembership(membership)) };
}

const aStoredMembership = objectOf<StoredMembership>({ index: anIndex, text: aText });

export const aMembership: Proof<MembershipAt> = (value) => {
  const stored = aStoredMembership(value);
  if (stored === undefined) return undefined;
  const membership = decodeMembership(encoder.encode(stored.text));
  return typeof membership === 'string' ? undefined : { ...membership, index: stored.index };
};

export const MEMBERSHIP: RecordFormat<MembershipAt> = {
  kind: RECORD_KIND.membership,
  proof: aMembership,
};

export const HARD_STATE_COPY: RecordFormat<HardStateCopy> = {
  kind: RECORD_KIND.hardState,
  proof: objectOf({
    incarnation: aText,
    sequence: aCounter,
    hardState: aHardState,
    isAlone: orAbsent(aBoolean, false),
  }),
};

export const ACKNOWLEDGED: RecordFormat<Acknowledged> = {
  kind: RECORD_KIND.acknowledged,
  proof: objectOf({ incarnation: aText, sequence: aCounter, last: anEntryId }),
};

const aPeer = objectOf<KnownPeer>({
  nodeId: aNodeId,
  met: orNull(aBoot),
  shown: orNull(listOf(aText)),
  loyalMs: orAbsent(aCounter, 0),
});

/** It said who the peer was, and nothing of what the peer may know. */
const aPeerOfFormat1 = objectOf({
  nodeId: aNodeId,
  incarnation: aText,
  boots: aCounter,
  boot: aText,
});

export const PEER: RecordFormat<KnownPeer> = {
  kind: RECORD_KIND.peer,
  proof: (value) => {
    const older = aPeerOfFormat1(value);
    if (older === undefined) return aPeer(value);
    const { nodeId, incarnation, boots, boot } = older;
    return { nodeId, met: { incarnation, boots, word: boot }, shown: null, loyalMs: 0 };
  },
};
