/**
 * Which cluster a node belongs to. A new one takes its name from the founding members, so that two clusters
 * started with different `--peers` never mix; one that has a data directory keeps the name it has there, so
 * that `--peers` may change later (SV25).
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isClusterId } from '../core/identity.ts';
import { CLUSTER_ID_LENGTH_MAX } from '../core/limits.ts';
import { decodeIdentity } from '../storage/records/identity-file.ts';
import { PART } from '../storage/refusals.ts';

const HEX_DIGITS = 16;

/** What was asked for, or what the data directory has, or what the founding members give, in this order. */
export async function clusterIdOf(belonging: Belonging): Promise<string> {
  const { clusterId, dataDir, isJoining, members } = belonging;
  if (clusterId !== undefined) return named(clusterId);
  const stored = dataDir === undefined ? null : await storedClusterId(dataDir);
  if (stored !== null) return stored;
  if (isJoining !== true) return foundingClusterId(new Map(Object.entries(members)));
  throw new TypeError('a node that joins needs the clusterId that status() of a member tells');
}

/** A name that no hello can carry would halt the node when it first speaks to another. */
function named(clusterId: string): string {
  if (isClusterId(clusterId)) return clusterId;
  throw new TypeError(
    `clusterId must be 1 to ${CLUSTER_ID_LENGTH_MAX} printable characters: all members show it to each other`,
  );
}

interface Belonging {
  readonly clusterId?: string;
  readonly dataDir?: string;
  readonly isJoining?: boolean;
  readonly members: Readonly<Record<string, string>>;
}

/** The same on all nodes that were given the same founding members, in whatever order. */
export function foundingClusterId(members: ReadonlyMap<string, string>): string {
  const lines = [...members].map(([id, address]) => `${id}=${address}`);
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, HEX_DIGITS);
}

/** `null`: the directory is new. What is damaged is left for the store to refuse, with its reasons. */
export async function storedClusterId(dataDir: string): Promise<string | null> {
  try {
    const parsed = decodeIdentity(await readFile(join(dataDir, PART.identity)));
    if (parsed.type !== 'value' || parsed.identity.boots === 0) return null;
    return parsed.identity.clusterId;
  } catch {
    return null;
  }
}
