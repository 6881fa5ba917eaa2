/**
 * `identity.json`: who this data directory is and how often it was started (ID1), outside the database so that an emptied
 * one cannot pass for a new node (ST6). The file must be, byte for byte, what `identityText` writes. `boots` 0 says that
 * the directory was never finished: no start of it has promised anything yet (ST11).
 */

import { crc32 } from '../../core/bytes/checksum.ts';
import type { NodeIdentity } from '../../core/identity.ts';
import { LINEAGE_MAX } from '../../core/limits.ts';
import { aCounter, aNodeId, aText, listOf, objectOf } from './proofs.ts';
import { parseJson } from './record.ts';

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
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const aHead = objectOf({ format: aCounter });
const anIdentity = objectOf<NodeIdentity>({
  clusterId: aText,
  nodeId: aNodeId,
  incarnation: aText,
  boots: aCounter,
  lineage: listOf(aText),
});

export function encodeIdentity(identity: NodeIdentity): Uint8Array {
  return encoder.encode(identityText(identity, DIRECTORY_FORMAT));
}

export function decodeIdentity(bytes: Uint8Array): ParsedIdentity {
  const value = parseJson(bytes);
  const { format = 0 } = aHead(value) ?? {};
  if (format > DIRECTORY_FORMAT) return { type: 'newer', format };
  const identity = format < OLDEST_FORMAT ? undefined : anIdentity(value);
  if (identity === undefined || identityText(identity, format) !== decoder.decode(bytes)) {
    return { type: 'damaged' };
  }
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
