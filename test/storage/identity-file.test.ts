/** `identity.json` on its own: every byte of it counts. */
import { describe, expect, it } from 'vitest';
import { LINEAGE_MAX, type NodeIdentity } from '../../src/core/identity.ts';
import { nodeId } from '../../src/core/types.ts';
import { bootIdentity, decodeIdentity, encodeIdentity } from '../../src/storage/identity-file.ts';

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
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(decodeIdentity(changed).type).not.toBe('value');
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
    const newer = new TextEncoder().encode(text.replace('"format": 1', '"format": 7'));
    expect(decodeIdentity(newer)).toEqual({ type: 'newer', format: 7 });
  });

  it('[ST13] keeps the words of the last starts, and counts them all', () => {
    let identity: NodeIdentity = { ...IDENTITY, boots: 0, lineage: [] };
    for (let boot = 1; boot <= LINEAGE_MAX + 3; boot += 1)
      identity = bootIdentity(identity, `${boot}`);
    expect(identity.boots).toBe(LINEAGE_MAX + 3);
    expect(identity.lineage.length).toBe(LINEAGE_MAX);
    expect(identity.lineage[0]).toBe('4');
    expect(identity.lineage.at(-1)).toBe(`${LINEAGE_MAX + 3}`);
  });
});
