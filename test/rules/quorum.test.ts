/** Majorities, held against counting, for every configuration up to seven voters and every joint pair. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Configuration } from '../../src/core/configuration.ts';
import { index, type NodeId, nodeId } from '../../src/core/types.ts';
import { isQuorum, majority, quorumIndex } from '../../src/rules/quorum.ts';

const SEVEN = Array.from({ length: 7 }, (_, at) => nodeId(`n${at + 1}`));
const OUTSIDER = nodeId('outsider');

function configuration(
  voters: readonly NodeId[],
  votersOutgoing: readonly NodeId[],
): Configuration {
  return { voters, votersOutgoing, learners: [OUTSIDER], learnersNext: [] };
}

/** Every pair of halves with one to seven voters each (none for the outgoing one: not joint), however they overlap. */
const CONFIGURATIONS: readonly Configuration[] = SEVEN.flatMap((_, last) => {
  const voters = SEVEN.slice(0, last + 1);
  const outgoing = SEVEN.flatMap((__, from) => SEVEN.map((___, to) => SEVEN.slice(from, to + 1)));
  return [[], ...outgoing.filter((half) => half.length > 0)].map((half) =>
    configuration(voters, half),
  );
});

function holdsMajority(voters: readonly NodeId[], supporters: ReadonlySet<NodeId>): boolean {
  let count = 0;
  for (const voter of voters) if (supporters.has(voter)) count += 1;
  return count * 2 > voters.length;
}

function isNaiveQuorum(
  { voters, votersOutgoing }: Configuration,
  supporters: ReadonlySet<NodeId>,
): boolean {
  const isOutgoingWon = votersOutgoing.length === 0 || holdsMajority(votersOutgoing, supporters);
  return holdsMajority(voters, supporters) && isOutgoingWon;
}

it('[EL5] [B11] a majority is more than half, for even sizes too', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(majority)).toEqual([1, 2, 2, 3, 3, 4, 4]);
});

it('[EL5] [B11] a quorum is a majority of each half, for every set of supporters', () => {
  for (const each of CONFIGURATIONS) {
    for (let mask = 0; mask < 2 ** SEVEN.length; mask += 1) {
      const supporters = SEVEN.filter((_, at) => (mask >> at) & 1);
      const isWon = isQuorum(each, [...supporters, OUTSIDER, ...supporters]);
      if (isWon !== isNaiveQuorum(each, new Set(supporters)))
        expect({ each, supporters }).toBeNull();
    }
  }
});

it('[EL5] any two quorums of one configuration have a voter in common', () => {
  for (const each of CONFIGURATIONS) {
    for (let mask = 0; mask < 2 ** SEVEN.length; mask += 1) {
      const supporters = SEVEN.filter((_, at) => (mask >> at) & 1);
      const others = SEVEN.filter((id) => !supporters.includes(id));
      if (isQuorum(each, supporters) && isQuorum(each, others))
        expect({ each, supporters }).toBeNull();
    }
  }
});

it('[CM1] [B11] the committed index is the largest that a quorum holds, in any order of updates', () => {
  const held = fc.array(fc.nat({ max: 9 }), { minLength: 7, maxLength: 7 });
  for (const each of CONFIGURATIONS) {
    fc.assert(
      fc.property(held, (indexes) => {
        const heldBy = (id: NodeId): number => indexes[SEVEN.indexOf(id)] ?? 9;
        let naive = 9;
        while (!isNaiveQuorum(each, new Set(SEVEN.filter((id) => heldBy(id) >= naive)))) naive -= 1;
        return quorumIndex(each, (id) => index(heldBy(id))) === naive;
      }),
      { numRuns: 40 },
    );
  }
});
