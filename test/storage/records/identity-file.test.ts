/** `identity.json` on its own: every byte of it counts. */

import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/core/bytes/checksum.ts';
import type { NodeIdentity } from '../../../src/core/identity.ts';
import { LINEAGE_MAX } from '../../../src/core/limits.ts';
import { nodeId } from '../../../src/core/types.ts';
import {
  bootIdentity,
  decodeIdentity,
  encodeIdentity,
} from '../../../src/storage/records/identity-file.ts';
import { flipped } from '../../flipped.ts';

const IDENTITY: NodeIdentity = {
  clusterId: 'größer "als" \n eins',
  nodeId: nodeId('n1'),
  incarnation: '0123456789abcdef',
  boots: 2,
  lineage: ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'],
};

describe('identity.json', () => {
  it('[ST13] says the same when it is read', () => {
    expect(decodeIdentity(encodeIdentity(IDENTITY))).toEqual({ type: 'value', identity: IDENTITY });
  });

  it('[ST2] is refused if any bit of it changed', () => {
    const bytes = encodeIdentity(IDENTITY);
    for (let at = 0; at < bytes.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        expect(decodeIdentity(flipped(bytes, at, 1 << bit)).type).not.toBe('value');
      }
    }
  });

  it('[ST2] is refused if any part of its end is cut off, or something follows', () => {
    const bytes = encodeIdentity(IDENTITY);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeIdentity(bytes.subarray(0, length)).type).toBe('damaged');
    }
    expect(decodeIdentity(Uint8Array.of(...bytes, 0x0a)).type).toBe('damaged');
  });

  it('[ST8] of a newer format is told from a damaged one', () => {
    const text = new TextDecoder().decode(encodeIdentity(IDENTITY));
    const newer = new TextEncoder().encode(text.replace('"format": 2', '"format": 7'));
    expect(decodeIdentity(newer)).toEqual({ type: 'newer', format: 7 });
  });

  it('[ST13] counts every start, and keeps the word of the last one', () => {
    let identity: NodeIdentity = { ...IDENTITY, boots: 0, lineage: [] };
    for (let boot = 1; boot <= 300; boot += 1) identity = bootIdentity(identity, `${boot}`);
    expect(identity).toMatchObject({ boots: 300, lineage: ['300'] });
  });

  it('[ST13] [ID6] of format 1 keeps every start that a peer may have met', () => {
    const lineage = Array.from({ length: LINEAGE_MAX }, (_, at) => `${at}`);
    const { identity } = decoded(ofFormat1({ ...IDENTITY, boots: 300, lineage }));
    const twice = bootIdentity(bootIdentity(identity, 'failed'), 'present');
    expect(twice).toMatchObject({ boots: 302, lineage: [...lineage.slice(1), 'present'] });
    expect(decoded(encodeIdentity(twice))).toMatchObject({ identity: twice });
  });

  it('[ST2] of format 1 is refused like any other if a bit of it changed', () => {
    const bytes = ofFormat1(IDENTITY);
    expect(decodeIdentity(bytes).type).toBe('value');
    expect(decodeIdentity(flipped(bytes, 30)).type).toBe('damaged');
  });
});

function decoded(bytes: Uint8Array): { readonly identity: NodeIdentity } {
  const parsed = decodeIdentity(bytes);
  if (parsed.type !== 'value') throw new Error(parsed.type);
  return parsed;
}

/** As the first version wrote it. */
function ofFormat1(identity: NodeIdentity): Uint8Array {
  const content = { format: 1, ...identity };
  const checksum = crc32(new TextEncoder().encode(JSON.stringify(content)));
  const text = JSON.stringify({ ...content, checksum }, null, 2);
  return new TextEncoder().encode(`${text}\n`);
}
