/**
 * `identity.json`: who this data directory is and how often it was started (ID1). It stands outside the
 * database so that an emptied database cannot pass for a new node (ST6). The file must be, byte for
 * byte, what `identityText` writes: whatever changed it, it is refused.
 *
 * `boots` 0 says that the directory was never finished: no start of it has promised anything yet (ST11).
 */

import { crc32 } from '../../core/checksum.ts';
import type { NodeIdentity } from '../../core/identity.ts';
import { LINEAGE_MAX } from '../../core/limits.ts';
import { isCounter, isNodeId } from '../../core/types.ts';
import { isObject, isText } from './stored-values.ts';

/**
 * Version of the layout of the whole data directory. In format 1 the lineage named every start, and a peer's record
 * only the peer; it is read, and written anew by the first start upon it.
 */
const DIRECTORY_FORMAT = 2;
const OLDEST_FORMAT = 1;

type ParsedIdentity =
  | { readonly type: 'value'; readonly identity: NodeIdentity }
  | { readonly type: 'newer'; readonly format: number }
  | { readonly type: 'damaged' };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeIdentity(identity: NodeIdentity): Uint8Array {
  return encoder.encode(identityText(identity, DIRECTORY_FORMAT));
}

export function decodeIdentity(bytes: Uint8Array): ParsedIdentity {
  const { text, value } = parse(bytes);
  if (!isObject(value)) return { type: 'damaged' };
  const { format } = value;
  if (isCounter(format) && format > DIRECTORY_FORMAT) return { type: 'newer', format };
  const identity = parseNodeIdentity(value);
  if (identity === null || !isCounter(format) || format < OLDEST_FORMAT) return { type: 'damaged' };
  if (identityText(identity, format) !== text) return { type: 'damaged' };
  return { type: 'value', identity: format === OLDEST_FORMAT ? fromOldest(identity) : identity };
}

/**
 * The identity of the next start: one boot more, with a word of its own in the place of the last one. Which starts a
 * peer may know is noted with the peer (ID6), so that starts which nobody hears of use nothing up.
 */
export function bootIdentity(identity: NodeIdentity, word: string): NodeIdentity {
  const { boots, lineage } = identity;
  return { ...identity, boots: boots + 1, lineage: [...lineage.slice(0, -1), word] };
}

/** Peers met in format 1 may know any of its starts: all of them stay, its last one as well. */
function fromOldest(identity: NodeIdentity): NodeIdentity {
  const { lineage } = identity;
  return { ...identity, lineage: [...lineage.slice(1 - LINEAGE_MAX), ...lineage.slice(-1)] };
}

function identityText(identity: NodeIdentity, format: number): string {
  const { clusterId, nodeId, incarnation, boots, lineage } = identity;
  const content = { format, clusterId, nodeId, incarnation, boots, lineage };
  const checksum = crc32(encoder.encode(JSON.stringify(content)));
  return `${JSON.stringify({ ...content, checksum }, null, 2)}\n`;
}

function parse(bytes: Uint8Array): { readonly text: string; readonly value: unknown } {
  try {
    const text = decoder.decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    return { text: '', value: null };
  }
}

function parseNodeIdentity(value: Readonly<Record<string, unknown>>): NodeIdentity | null {
  const { clusterId, nodeId, incarnation, boots, lineage } = value;
  if (!isText(clusterId) || !isNodeId(nodeId) || !isText(incarnation)) return null;
  if (!isCounter(boots) || !Array.isArray(lineage) || !lineage.every(isText)) return null;
  return { clusterId, nodeId, incarnation, boots, lineage };
}
