/** Changes of membership: every step between all configurations of up to five nodes, and what is refused in words. */
import { expect, it } from 'vitest';
import {
  type Configuration,
  foundingMembership,
  type Membership,
  members,
  staticConfiguration,
} from '../../src/core/configuration.ts';
import { MEMBERS_MAX } from '../../src/core/limits.ts';
import type { MembershipChange } from '../../src/core/membership-change.ts';
import { index, type NodeId, nodeId } from '../../src/core/types.ts';
import * as change from '../../src/rules/configuration-change.ts';
import { isQuorum } from '../../src/rules/quorum.ts';
import { N1, N2, N3, N4, N5, raftState, THREE } from '../machines/harness.ts';

const FIVE = [N1, N2, N3, N4, N5];
const NONE: MembershipChange = { add: {}, promote: [], remove: [] };

function subsets(of: readonly NodeId[]): NodeId[][] {
  return Array.from({ length: 2 ** of.length }, (_, mask) =>
    of.filter((__, at) => (mask >> at) & 1),
  );
}

function membership(configuration: Configuration, removed: readonly NodeId[] = []): Membership {
  return { ...foundingMembership(configuration, index(0)), removed };
}

const EVERY = subsets(FIVE)
  .filter((voters) => voters.length > 0)
  .map((voters) => membership(staticConfiguration(voters)));

/** Two sets of supporters without a common one would each be enough. */
function canDecideApart(left: Configuration, right: Configuration): boolean {
  return subsets(FIVE).some(
    (supporters) =>
      isQuorum(left, supporters) &&
      isQuorum(
        right,
        FIVE.filter((id) => !supporters.includes(id)),
      ),
  );
}

it('[MC4] quorums of one configuration and of the next have a voter in common, for all of up to five nodes', () => {
  let apart = 0;
  for (const from of EVERY) {
    for (const goal of EVERY) {
      const joint = change.enterJoint(from, goal);
      const after = change.leaveJoint(joint);
      expect(after.configuration).toEqual(goal.configuration);
      for (const [left, right] of [
        [from, joint],
        [joint, joint],
        [joint, after],
      ] as const) {
        const isSafe = change.isStep(left.configuration, right.configuration) || left === right;
        if (!isSafe || canDecideApart(left.configuration, right.configuration)) {
          expect({ left, right }).toBeNull();
        }
      }
      // Straight from one set of voters to another they would not, and it is no step.
      const isStraight = change.isStep(from.configuration, goal.configuration);
      expect(isStraight).toBe(
        from.configuration.voters.join() === goal.configuration.voters.join(),
      );
      if (!isStraight && canDecideApart(from.configuration, goal.configuration)) apart += 1;
    }
  }
  expect(apart).toBeGreaterThan(200);
});

it('[MC4] a joint configuration is left only by its own second half', () => {
  const joint = change.enterJoint(membership(THREE), membership(staticConfiguration([N3, N4])));
  expect(change.isStep(joint.configuration, change.leaveJoint(joint).configuration)).toBe(true);
  const others = [
    staticConfiguration([N1, N2, N3]),
    staticConfiguration([N4]),
    joint.configuration,
  ];
  expect(others.map((to) => change.isStep(joint.configuration, to))).toEqual([false, false, false]);
  const foreign = { ...joint.configuration, votersOutgoing: [N1, N2] };
  expect(change.isStep(THREE, foreign)).toBe(false);
});

it('[MC3] [D1] a leader appends a configuration only behind a committed one and a committed entry of its own term', () => {
  const next = membership({ ...THREE, learners: [N4] });
  const before = foundingMembership(THREE, index(4));
  const at = (commitIndex: number, termStartIndex: number): boolean =>
    change.mayAppend(
      raftState({
        commitIndex: index(commitIndex),
        termStartIndex: index(termStartIndex),
        configurations: [before],
      }),
      next,
    );
  expect([at(5, 5), at(4, 5), at(3, 2), at(4, 2), at(9, 0)]).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
});

it('[MC4] new members are learners first, and the voters change through a joint configuration', () => {
  const present = {
    ...membership(THREE, [nodeId('old')]),
    addresses: { [N1]: 'one:1', [N3]: 'three:1' },
  };
  const asked = { add: { [N4]: 'four:1' }, promote: [N4], remove: [N3] };
  const goal = change.goalOf(present, asked);
  expect(goal.configuration).toEqual(staticConfiguration([N1, N2, N4]));
  const first = change.learnersFirst(present, goal);
  expect(first).toEqual({
    configuration: { ...THREE, learners: [N4] },
    addresses: { [N1]: 'one:1', [N3]: 'three:1', [N4]: 'four:1' },
    removed: ['old'],
  });
  const learning = first ?? present;
  expect(change.learnersFirst(learning, goal)).toBeNull();
  expect(change.newVoters(learning, goal)).toEqual([N4]);
  const joint = change.enterJoint(learning, goal);
  expect(joint.configuration).toEqual({
    voters: [N1, N2, N4],
    votersOutgoing: [N1, N2, N3],
    learners: [],
    learnersNext: [],
  });
  expect(joint.removed).toEqual(['old']);
  const left = change.leaveJoint(joint);
  expect(left).toEqual({
    configuration: staticConfiguration([N1, N2, N4]),
    addresses: { [N1]: 'one:1', [N4]: 'four:1' },
    removed: ['old', N3],
  });
  expect(change.isReached(left, goal)).toBe(true);
  // Asked once more while it is joint, it has the same goal.
  expect(change.goalOf(joint, { ...NONE, remove: [N3] }).configuration).toEqual(goal.configuration);
});

it('[MC4] [D7] whoever ceases to vote and stays is a learner of the configuration behind the joint one', () => {
  const goal = membership({ ...staticConfiguration([N1, N4]), learners: [N2, N5] });
  const joint = change.enterJoint(membership({ ...THREE, learners: [N4] }), goal);
  expect(joint.configuration).toMatchObject({ learners: [N5], learnersNext: [N2] });
  expect(change.leaveJoint(joint).configuration).toEqual(goal.configuration);
  expect(members(joint.configuration)).toEqual(FIVE);
});

it('[MC4] learners come, go and move without a joint configuration', () => {
  const present = membership({ ...THREE, learners: [N4] });
  const goals = [
    { ...NONE, add: { [N5]: 'five:1' } },
    { ...NONE, remove: [N4] },
    { ...NONE, add: { [N2]: 'elsewhere:1' } },
  ].map((asked) => change.learnersFirst(present, change.goalOf(present, asked)));
  expect(goals).toEqual([
    { configuration: { ...THREE, learners: [N4, N5] }, addresses: { [N5]: 'five:1' }, removed: [] },
    { configuration: THREE, addresses: {}, removed: [N4] },
    {
      configuration: { ...THREE, learners: [N4] },
      addresses: { [N2]: 'elsewhere:1' },
      removed: [],
    },
  ]);
  const same = change.goalOf(present, { ...NONE, promote: [N1] });
  expect([change.isReached(present, same), change.learnersFirst(present, same)]).toEqual([
    true,
    null,
  ]);
});

it('[MC6] who was removed before is removed: that again changes nothing', () => {
  const present = membership(THREE, [nodeId('gone')]);
  const again = change.goalOf(present, { ...NONE, remove: [nodeId('gone')] });
  expect([again, change.isReached(present, again)]).toMatchObject([{ removed: ['gone'] }, true]);
});

it('[MC13] a change is on its way if it ends where one ends that is under way', () => {
  const present = membership({ ...THREE, learners: [N4] });
  const asked = { ...NONE, promote: [N4], remove: [N1] };
  const others = { ...NONE, promote: [N4] };
  expect(change.isOnItsWay(present, [], asked)).toBe(false);
  expect(change.isOnItsWay(present, [others], asked)).toBe(false);
  expect(change.isOnItsWay(present, [others, asked], asked)).toBe(true);
  const joint = change.enterJoint(present, change.goalOf(present, asked));
  expect(change.isOnItsWay(joint, [], asked)).toBe(true);
  expect(change.isOnItsWay(joint, [], others)).toBe(true);
  expect(change.isOnItsWay(joint, [], { ...NONE, remove: [N2] })).toBe(false);
  expect(change.isOnItsWay(joint, [], { ...asked, add: { [N4]: 'elsewhere:1' } })).toBe(false);
});

it('[MC6] what cannot be is refused in words', () => {
  const present = membership({ ...THREE, learners: [N4] }, [nodeId('gone')]);
  const many = Object.fromEntries(
    Array.from({ length: MEMBERS_MAX }, (_, at) => [`m${at}`, 'h:1']),
  );
  const codes = (asked: Partial<MembershipChange>): string | undefined =>
    change.refusalOfChange(present, { ...NONE, ...asked })?.code;
  const bad = '__proto__' as NodeId;
  const cases: readonly (readonly [Partial<MembershipChange>, string | undefined])[] = [
    [{ add: { [N5]: 'five:1' }, promote: [N5] }, undefined],
    [{ remove: [N1, N2, N3], promote: [N4] }, undefined],
    [{}, 'RAFT_BAD_REQUEST'],
    [{ promote: [bad] }, 'RAFT_BAD_REQUEST'],
    [{ add: { [N5]: '' } }, 'RAFT_BAD_REQUEST'],
    [{ add: { [N5]: 'five:1' }, remove: [N5] }, 'RAFT_BAD_REQUEST'],
    [{ promote: [N4], remove: [N4] }, 'RAFT_BAD_REQUEST'],
    [{ add: { gone: 'host:1' } }, 'RAFT_CONFLICT'],
    [{ promote: [N5] }, 'RAFT_NOT_FOUND'],
    [{ remove: [N5] }, 'RAFT_NOT_FOUND'],
    [{ remove: [nodeId('gone')] }, undefined],
    [{ remove: Array<NodeId>(MEMBERS_MAX + 1).fill(N3) }, 'RAFT_BAD_REQUEST'],
    [{ remove: [N1, N2, N3] }, 'RAFT_CONFLICT'],
    [{ add: many }, 'RAFT_CONFLICT'],
  ];
  for (const [asked, code] of cases) expect([asked, codes(asked)]).toEqual([asked, code]);
  expect(change.refusalOfChange(present, { ...NONE, add: { gone: 'host:1' } })?.text).toContain(
    'under another name',
  );
});

it('[MC15] who is added and is to vote in one comes anew, or asks again from the same address', () => {
  const addresses = { [N1]: 'a', [N2]: 'b' };
  const present = { ...membership(THREE), addresses };
  const refused = (id: NodeId, address: string, promote: readonly NodeId[]) =>
    change.refusalOfChange(present, { add: { [id]: address }, promote, remove: [] })?.code ?? null;
  expect(refused(N4, 'd', [N4])).toBeNull();
  expect(refused(N2, 'b', [N2])).toBeNull();
  expect(refused(N2, 'c', [N2])).toBe('RAFT_CONFLICT');
  // Nobody knows where it is found, so nobody can say that it is the same.
  expect(refused(N3, 'c', [N3])).toBe('RAFT_CONFLICT');
  // It has moved.
  expect(refused(N2, 'c', [])).toBeNull();
  expect(refused(N2, 'c', [N4])).toBe('RAFT_NOT_FOUND');
});
