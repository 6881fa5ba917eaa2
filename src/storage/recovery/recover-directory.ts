/**
 * After a quorum is lost for good: one survivor becomes a cluster of its own, by a copy of all that it holds (RC2–RC4). The copy
 * is written beside the directory, as any store is, and takes its place when it is whole; the directory itself is kept
 * as it was. Where a crash comes between, the next attempt says or finishes what is left to do.
 */
import {
  foundingMembership,
  type Membership,
  staticConfiguration,
} from '../../core/configuration.ts';
import { encodeConfigurationRun } from '../../core/configuration-entry.ts';
import { CLUSTER_ID_LENGTH_MAX, REMOVED_MAX } from '../../core/limits.ts';
import { ofMember } from '../../core/per-member.ts';
import { INDEX_ZERO, type Index, nextIndex, nextTerm } from '../../core/types.ts';
import type { LogStore } from '../../ports/log-store.ts';
import type { StoredSnapshot } from '../../ports/snapshot-store.ts';
import type { DirectoryAccess } from '../directory/directory-parts.ts';
import { LevelLogStore } from '../level-log-store.ts';
import { COPIED_BYTES_MAX } from '../limits.ts';
import { cannotMoveAside, cannotTakePlace, inTheWay } from '../refusals.ts';
import { isTaken, takePlace, write } from './beside-its-place.ts';
import {
  membershipOf,
  type OpenHistory,
  openHistory,
  type Survey,
  surveyDirectory,
} from './survey.ts';

interface Recovery {
  /** Of the new cluster's only member. */
  readonly survey: Survey;
  /** Where the old directory is now. */
  readonly keptAs: string;
}

/** So much of it is copied. */
export interface Copied {
  readonly what: 'parts of the snapshot' | 'entries';
  readonly done: number;
  readonly of: number;
}

/** Rejects with a refusal, or with what the system says; then the old directory is whole, under one of the two names. */
export async function recoverDirectory(
  access: DirectoryAccess,
  copied: (part: Copied) => void = () => {},
): Promise<Recovery> {
  const { directory, files } = access;
  const draft = `${directory}.recovering`;
  const keptAs = `${directory}.before-recovery`;
  const lies = (path: string): Promise<boolean> => isTaken(files, path);
  const isHalfDone = !(await lies(directory)) && (await lies(keptAs)) && (await lies(draft));
  if (!isHalfDone) {
    for (const path of [keptAs, draft]) if (await lies(path)) throw inTheWay(path);
    await copyInto(draft, access, copied);
    await files.rename(directory, keptAs).catch((cause: unknown) => {
      throw cannotMoveAside(directory, draft, cause);
    });
  }
  await takePlace(draft, access, cannotTakePlace);
  return { survey: await surveyDirectory(access), keptAs };
}

/** Whole and durable when it resolves. */
async function copyInto(
  draft: string,
  access: DirectoryAccess,
  copied: (part: Copied) => void,
): Promise<void> {
  const history = await openHistory(access);
  try {
    const copy = new LevelLogStore({ ...access, directory: draft });
    try {
      const clusterId = nextClusterId(history.survey.clusterId, access.randomWord());
      await found({ store: copy, clusterId, copied }, history);
    } finally {
      await copy.close();
    }
  } finally {
    await history.store.close();
  }
}

/** RC4, BK6: what it was called, and a word that nobody used; of a long name the beginning, since a name has a longest length. */
export function nextClusterId(clusterId: string, word: string): string {
  const kept = [...clusterId].slice(0, CLUSTER_ID_LENGTH_MAX - word.length - 1);
  return `${kept.join('')}-${word}`;
}

/** What is written, under which name, and who hears how far it is. */
interface Copy {
  readonly store: LogStore;
  readonly clusterId: string;
  readonly copied: (part: Copied) => void;
}

/** RC2: all entries that it holds stay, in their places and terms, and behind them stands that it is alone. */
async function found(to: Copy, history: OpenHistory): Promise<void> {
  const { clusterId, store: copy } = to;
  const { held } = history;
  const { nodeId } = held.identity;
  await copy.open({ clusterId, nodeId, founding: staticConfiguration([nodeId]) });
  const term = nextTerm(held.hardState.term);
  await write(copy, [{ type: 'setHardState', hardState: { term, votedFor: nodeId } }]);
  const alone = aloneAfter(history);
  if (held.snapshot !== null) await copySnapshot(history.store, to, held.snapshot, alone);
  const timeMs = await copyLog(history, to);
  const firstIndex = nextIndex(held.log.lastIndex);
  const run = encodeConfigurationRun({ term, firstIndex, timeMs }, alone);
  await write(copy, [
    { type: 'append', runs: [run] },
    { type: 'noteCommitted', index: held.commitIndex },
  ]);
}

/** RC4: nobody else is a member, and none of the old names comes back: each may have forgotten what it promised (A9). */
function aloneAfter({ held, survey }: OpenHistory): Membership {
  const { addresses, removed } = membershipOf(held);
  const { nodeId } = survey;
  const gone = [...removed, ...survey.members].filter((id) => id !== nodeId);
  const address = ofMember(addresses, nodeId);
  return {
    configuration: staticConfiguration([nodeId]),
    addresses: address === undefined ? {} : { [nodeId]: address },
    removed: [...new Set(gone)].slice(-REMOVED_MAX),
  };
}

async function copySnapshot(
  from: LogStore,
  { copied, store: to }: Copy,
  snapshot: StoredSnapshot,
  alone: Membership,
): Promise<void> {
  const { lastEntry, timeMs } = snapshot;
  const membership = { ...foundingMembership(alone.configuration, lastEntry.index), ...alone };
  const writer = await to.snapshots.begin({ lastEntry, membership, timeMs });
  for (let chunk = 0; chunk < snapshot.chunkCount; chunk += 1) {
    await writer.append(await from.snapshots.readChunk(snapshot, chunk));
    copied({ what: 'parts of the snapshot', done: chunk + 1, of: snapshot.chunkCount });
  }
  await writer.finish();
  await write(to, [{ type: 'restart', base: lastEntry, membership }]);
}

/** Everything behind the snapshot. Resolves with the time of the log at its end, in milliseconds since 1970. */
async function copyLog({ held, store }: OpenHistory, { copied, store: to }: Copy): Promise<number> {
  const through = held.log.lastIndex;
  let timeMs = held.snapshot?.timeMs ?? 0;
  for (let done: Index = held.snapshot?.lastEntry.index ?? INDEX_ZERO; done < through; ) {
    const range = { from: nextIndex(done), through, bytesMax: COPIED_BYTES_MAX };
    const runs = await store.read(range);
    await write(to, [{ type: 'append', runs }]);
    for (const run of runs) {
      timeMs = Math.max(timeMs, run.timeMs);
      done = run.lastIndex;
    }
    copied({ what: 'entries', done, of: through });
  }
  return timeMs;
}
