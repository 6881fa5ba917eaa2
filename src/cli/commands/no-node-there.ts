/**
 * What a path is on which no node has run, and what to do about it (RC1): a recovery is begun in a hurry, and by whoever
 * mistypes a path. Looks only at names.
 */
import { readdir, readFile } from 'node:fs/promises';
import { PART } from '../../storage/refusals.ts';
import { SHOWN_NAMES_LENGTH_MAX } from '../limits.ts';
import { shownBytes } from '../words/shown-bytes.ts';

/**
 * A sentence, or `null`: a node has run there, or, unless it is only looked at, a recovery was ended that can be finished.
 * Rejects with what the system says.
 */
export async function noNodeThere(path: string, isLook: boolean): Promise<string | null> {
  const names = await namesIn(path);
  if (names === 'nothing') return nothingThere(path, isLook);
  if (names === 'file') return `${path} is no directory. ${NAME_ONE}`;
  if (names.includes(PART.identity)) return requireReadable(`${path}/${PART.identity}`);
  if (names.length === 0) {
    return `${path} is empty: no node has run on it, or its disk is a new one, and nothing can be recovered from it. Recover a member that still has its directory; while a majority of the members is up, replace the lost one instead (raftchart member replace).`;
  }
  if (names.includes(PART.hardState)) {
    return `${path} was the data directory of a node, and part of it is gone: it has no ${PART.identity}. Put that back; if it is lost, recover another member.`;
  }
  const inside = await nodesIn(path, names);
  if (inside.length === 0) {
    return `${path} is no data directory: no node has run on it, and it holds ${shown(names)}. ${NAME_ONE}`;
  }
  return `${path} is no data directory, but holds some: ${shown(inside)}. Name one of them.`;
}

const NAME_ONE = 'Name what a node was given as its --data-dir.';

async function nothingThere(path: string, isLook: boolean): Promise<string | null> {
  const isHalfDone = (await namesIn(`${path}.recovering`)) !== 'nothing';
  if (!isHalfDone) return `There is no directory ${path}. ${NAME_ONE}`;
  return isLook
    ? `There is no directory ${path}: a recovery of it was ended before it was done. Run it again without --dry-run, and it is finished.`
    : null;
}

async function requireReadable(path: string): Promise<null> {
  await readFile(path);
  return null;
}

async function namesIn(path: string): Promise<readonly string[] | 'nothing' | 'file'> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return 'nothing';
    if (code === 'ENOTDIR') return 'file';
    throw error;
  }
}

async function nodesIn(path: string, names: readonly string[]): Promise<readonly string[]> {
  const inside = await Promise.all(names.map((name) => namesIn(`${path}/${name}`).catch(() => [])));
  return names.filter((_, at) => new Set(inside[at]).has(PART.identity));
}

function shown(names: readonly string[]): string {
  return shownBytes(new TextEncoder().encode(names.join(', ')), SHOWN_NAMES_LENGTH_MAX);
}
