import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import { LOWEST_VERSIONS } from '../../src/core/versions.ts';
import { lowestVersions, whoLacks } from '../../src/rules/versions.ts';

const ids = ['n1', 'n2', 'n3', 'n4'].map(nodeId);
const [own] = ids;
if (own === undefined) throw new Error('there are four');
const versions = fc.record({
  protocol: fc.integer({ min: 3, max: 6 }),
  machine: fc.integer({ min: 1, max: 4 }),
});
const abouts = fc.record({
  id: fc.constant(own),
  own: versions,
  members: fc.subarray(ids),
  said: fc.uniqueArray(fc.tuple(fc.constantFrom(...ids.slice(1)), versions), {
    selector: ([id]) => id,
  }),
  inUse: fc.integer({ min: 1, max: 4 }),
});

it('[UP2] [UP5] what is proposed is known to every member by its own word, or in use, and what is known to all is not refused', () => {
  fc.assert(
    fc.property(abouts, versions, ({ said, ...about }, needed) => {
      const known = new Map(said);
      const others = about.members.filter((id) => id !== about.id);
      const all = [about.own, ...others.map((id) => known.get(id) ?? LOWEST_VERSIONS)];
      const isKnown =
        about.own.machine >= needed.machine &&
        all.every(
          ({ protocol, machine }) =>
            protocol >= needed.protocol &&
            (machine >= needed.machine || about.inUse >= needed.machine),
        );
      const lacking = whoLacks(needed, { ...about, said: known });
      expect(lacking === null).toBe(isKnown);
      const lowest = lowestVersions({ ...about, said: known });
      expect(whoLacks(lowest, { ...about, said: known })).toBeNull();
      if (lacking === null || lacking.id === about.id) return;
      expect(others).toContain(lacking.id);
      expect(lacking.knows).toEqual(known.get(lacking.id) ?? null);
    }),
  );
});
