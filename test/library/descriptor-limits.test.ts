/** Shares of the descriptors: whatever the limit, the disk's is not lent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DESCRIPTORS_MIN, descriptorShares } from '../../src/library/descriptor-limits.ts';
import { descriptorLimit, softLimitIn } from '../../src/server/admission/descriptor-limit.ts';

describe('file descriptors', () => {
  it('[SP2] whatever the limit, the shares together stay below it, and the disk has its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: DESCRIPTORS_MIN, max: 2_000_000 }), (limit) => {
        const shares = descriptorShares(limit);
        if (shares === null) throw new Error(`no shares of ${limit}`);
        expect(shares.disk).toBeGreaterThanOrEqual(64);
        expect(shares.peers).toBeGreaterThanOrEqual(32);
        expect(shares.clients).toBeGreaterThanOrEqual(16);
        expect(shares.disk + shares.peers + shares.clients).toBeLessThanOrEqual(limit - 32);
      }),
    );
    expect(descriptorShares(1024)).toEqual({ disk: 256, peers: 64, clients: 672 });
    expect(descriptorShares(DESCRIPTORS_MIN - 1)).toBeNull();
  });

  it('[SP2] the limit is the soft one that the system names', () => {
    const limits =
      'Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096       files\n';
    expect(softLimitIn(limits)).toBe(1024);
    expect(softLimitIn('Max open files  unlimited unlimited files')).toBe(Number.MAX_SAFE_INTEGER);
    expect(softLimitIn('nothing of the kind')).toBeNull();
    expect(descriptorLimit()).toBeGreaterThan(64);
  });
});
