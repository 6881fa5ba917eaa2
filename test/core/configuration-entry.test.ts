/** Configuration entries: what is written is read back, and nothing else passes for one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Membership, members } from '../../src/core/configuration.ts';
import { encodeConfigurationRun, membershipIn } from '../../src/core/configuration-entry.ts';
import { ENTRY_KIND, type EntryRun, encodeRun } from '../../src/core/entry-run.ts';
import { CONFIGURATION_BYTES_MAX, MEMBERS_MAX } from '../../src/core/limits.ts';
import { index, type NodeId, nodeId, term } from '../../src/core/types.ts';
import { payloadProblem, runProblem } from '../../src/transport/check.ts';

const START = { term: term(3), firstIndex: index(7), timeMs: 5 };
const PLAIN = {
  version: 1,
  voters: ['a', 'b'],
  votersOutgoing: [] as string[],
  learners: ['c'],
  learnersNext: [] as string[],
  addresses: [['c', 'host:1']] as unknown,
  removed: ['d'],
};

function runOf(content: unknown, kind: 1 | 2 = ENTRY_KIND.configuration): EntryRun {
  const data = new TextEncoder().encode(
    typeof content === 'string' ? content : JSON.stringify(content),
  );
  return encodeRun(START, [{ kind, data }]);
}

const ids = fc
  .uniqueArray(fc.constantFrom('a', 'constructor', 'n1', 'n10', 'n2', 'toString', 'z'), {
    minLength: 1,
  })
  .map((names) => names.map(nodeId).sort());

const memberships: fc.Arbitrary<Membership> = fc
  .record({
    voters: ids,
    outgoing: fc.oneof(fc.constant<NodeId[]>([]), ids),
    others: ids,
    removed: ids,
  })
  .map(({ voters, outgoing, others, removed }) => {
    const votes = [...voters, ...outgoing];
    const configuration = {
      voters,
      votersOutgoing: outgoing,
      learners: others.filter((id) => !votes.includes(id)),
      learnersNext: others.filter((id) => outgoing.includes(id) && !voters.includes(id)),
    };
    const known = members(configuration);
    const addresses = Object.fromEntries(
      known.filter((_, at) => at % 2 === 0).map((id) => [id, `${id}:1`]),
    );
    return { configuration, addresses, removed: removed.filter((id) => !known.includes(id)) };
  });

it('[MC2] a configuration is read back as it was written, and equal ones are equal bytes', () => {
  fc.assert(
    fc.property(memberships, (membership) => {
      const run = encodeConfigurationRun(START, membership);
      expect(membershipIn(run)).toEqual(membership);
      expect(payloadProblem(run)).toBeNull();
      const { addresses } = membership;
      const turned = Object.fromEntries(Object.entries(addresses).reverse());
      expect(encodeConfigurationRun(START, { ...membership, addresses: turned }).bytes).toEqual(
        run.bytes,
      );
    }),
  );
});

it('[MC2] what contradicts itself is no configuration, whatever it is', () => {
  expect(membershipIn(runOf(PLAIN))).toMatchObject({ removed: ['d'], addresses: { c: 'host:1' } });
  const many = Array.from({ length: MEMBERS_MAX + 1 }, (_, at) => `n${at + 100}`);
  const wrong = [
    '{',
    'null',
    '7',
    { ...PLAIN, version: 2 },
    { ...PLAIN, voters: [] },
    { ...PLAIN, voters: ['b', 'a'] },
    { ...PLAIN, voters: ['a', 'a'] },
    { ...PLAIN, voters: ['a', '__proto__'] },
    { ...PLAIN, voters: many },
    { ...PLAIN, learners: ['a'] },
    { ...PLAIN, learners: 'c' },
    { ...PLAIN, votersOutgoing: ['c'] },
    { ...PLAIN, learnersNext: ['b'] },
    { ...PLAIN, learnersNext: ['e'] },
    { ...PLAIN, removed: ['a'] },
    { ...PLAIN, removed: [7] },
    { ...PLAIN, addresses: {} },
    { ...PLAIN, addresses: [['e', 'host:1']] },
    { ...PLAIN, addresses: [['c', 'a host']] },
    {
      ...PLAIN,
      addresses: [
        ['c', 'h:1'],
        ['a', 'h:2'],
      ],
    },
    `${' '.repeat(CONFIGURATION_BYTES_MAX)}${JSON.stringify(PLAIN)}`,
  ];
  for (const content of wrong) {
    expect([content, membershipIn(runOf(content))]).toEqual([content, expect.any(String)]);
    expect(payloadProblem(runOf(content))).toEqual(expect.any(String));
  }
});

it('[MC2] a configuration stands alone in its run, and no other entry is taken for one', () => {
  const [command, entry] = [runOf(PLAIN, ENTRY_KIND.command), runOf(PLAIN)];
  expect(membershipIn(command)).toBeNull();
  const data = new TextEncoder().encode(JSON.stringify(PLAIN));
  const two = encodeRun(START, [
    { kind: ENTRY_KIND.configuration, data },
    { kind: ENTRY_KIND.command, data },
  ]);
  expect([membershipIn(two), payloadProblem(two)]).toEqual([
    null,
    'a configuration does not stand alone',
  ]);
  expect(membershipIn({ ...two, lastIndex: two.firstIndex })).toBe(
    'a configuration does not fill its run',
  );
  expect(membershipIn({ ...entry, bytes: entry.bytes.subarray(0, 41) })).toEqual(
    expect.any(String),
  );
});

it('[MC2] nobody proposes a configuration as a command', () => {
  const run = { ...runOf(PLAIN), firstIndex: index(1), lastIndex: index(1) };
  const message = { type: 'Propose', term: term(3), requestId: 1, count: 1 } as const;
  const place = { run: undefined, isLast: true };
  expect(runProblem(message, run, place)).toBe(
    'a configuration is no command that could be proposed',
  );
});
