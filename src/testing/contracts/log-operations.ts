/** The words in which the tests of the store speak: runs, operations, writes, and what is read back. */
import { type Membership, staticConfiguration } from '../../core/configuration.ts';
import { encodeConfigurationRun } from '../../core/configuration-entry.ts';
import { ENTRY_KIND, type EntryRun, encodeRun, entriesOf } from '../../core/entry-run.ts';
import type { HardState } from '../../core/hard-state.ts';
import type { KnownPeer } from '../../core/identity.ts';
import { index, type NodeId, nodeId, term } from '../../core/types.ts';
import type { LogOperation, LogStore, LogStoreOwner } from '../../ports/log-store.ts';

export const OWNER: LogStoreOwner = {
  clusterId: 'c1',
  nodeId: 'n1',
  founding: staticConfiguration([nodeId('n1'), nodeId('n2'), nodeId('n3')]),
};

/** More than any test reads at once. */
export const EVERYTHING = 1_000_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function run(ofTerm: number, firstIndex: number, payloads: readonly string[]): EntryRun {
  const entries = payloads.map((text) => ({
    kind: ENTRY_KIND.command,
    data: encoder.encode(text),
  }));
  return encodeRun({ term: term(ofTerm), firstIndex: index(firstIndex), timeMs: 7 }, entries);
}

export function idsOf(...names: readonly string[]): readonly NodeId[] {
  return names.map(nodeId);
}

export function membersOf(
  voters: readonly string[],
  votersOutgoing: readonly string[] = [],
  learners: readonly string[] = [],
): Membership {
  const configuration = {
    voters: idsOf(...voters),
    votersOutgoing: idsOf(...votersOutgoing),
    learners: idsOf(...learners),
    learnersNext: [],
  };
  return { configuration, addresses: {}, removed: [] };
}

/** A configuration entry, which is a run of its own. */
export function configured(ofTerm: number, at: number, membership: Membership): EntryRun {
  return encodeConfigurationRun(
    { term: term(ofTerm), firstIndex: index(at), timeMs: 7 },
    membership,
  );
}

export function append(...runs: readonly EntryRun[]): LogOperation {
  return { type: 'append', runs };
}

export function truncate(from: number): LogOperation {
  return { type: 'truncateFrom', index: index(from) };
}

export function noteCommitted(through: number): LogOperation {
  return { type: 'noteCommitted', index: index(through) };
}

export function hard(ofTerm: number, votedFor: string | null = null): LogOperation {
  const hardState: HardState = {
    term: term(ofTerm),
    votedFor: votedFor === null ? null : nodeId(votedFor),
  };
  return { type: 'setHardState', hardState };
}

export function peer(id: string, boots: number): KnownPeer {
  const met = { incarnation: `incarnation-of-${id}`, boots, word: `boot-${boots}` };
  return { nodeId: nodeId(id), met, shown: [`shown-${boots}`], loyalMs: boots * 100 };
}

export function outcome(
  store: LogStore,
  operations: readonly LogOperation[],
): Promise<Error | null> {
  return new Promise((resolve) => store.write(operations, resolve));
}

export async function write(store: LogStore, operations: readonly LogOperation[]): Promise<void> {
  const error = await outcome(store, operations);
  if (error !== null) throw error;
}

/** Each entry of the range as `term:payload`. */
export async function texts(store: LogStore, from: number, through: number): Promise<string[]> {
  if (from > through) return [];
  const range = { from: index(from), through: index(through), bytesMax: EVERYTHING };
  const runs = await store.read(range);
  return runs.flatMap((read) =>
    entriesOf(read).map(({ data }) => `${read.term}:${decoder.decode(data)}`),
  );
}
