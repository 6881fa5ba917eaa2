/** When a member that leads takes up what is asked of its membership chart. */
import { expect, it } from 'vitest';
import { foundingMembership } from '../../src/core/configuration.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import { index, term } from '../../src/core/types.ts';
import {
  type ChangesOptions,
  MembershipChanges,
} from '../../src/node/requests/membership-changes.ts';
import { N1, N2, N3, raftState } from '../machines/harness.ts';

const JOINT = { voters: [N1, N2], votersOutgoing: [N1, N2, N3], learners: [], learnersNext: [] };
const NEW = { ...JOINT, votersOutgoing: [] };

/** A leader that serves reads, and what its membership chart is told; that is idle until it is told something. */
function leading(configuration: RaftState['configuration']) {
  const told: string[] = [];
  const membership = foundingMembership(configuration, index(1));
  const raft = raftState({ term: term(2), configuration, configurations: [membership] });
  const options: ChangesOptions = {
    actors: {
      hasTag: () => true,
      hasTagIn: () => true,
      membershipHas: (tag) => tag === 'idle' && told.length === 0,
      raft,
      tellMembership: ({ type }) => void told.push(type),
    },
    disk: { hardState: { term: term(2), votedFor: N1 }, sendWhenDurable: () => {} },
    members: { all: [N1, N2, N3], addressesOf: () => ({}) },
    peers: { isOpen: () => true, send: () => true },
    clock: { now: () => 0, defer: (callback) => callback() },
    problems: { of: () => null },
    nextRequestId: () => 1,
  };
  return { changes: new MembershipChanges(options), told };
}

it('[MC9] what waits at a new leader is begun once the joint configuration that it found is left', () => {
  const { changes, told } = leading(JOINT);
  const remove = { add: {}, promote: [], remove: [N3] };
  changes.ask(remove, 60_000, () => {});
  // Whatever else of the same step looks at the calls first.
  changes.pump();
  expect(told).toEqual([]);
  changes.established();
  expect(told).toEqual(['lead.established']);
  const other = leading(NEW);
  other.changes.ask({ ...remove, remove: [N2] }, 60_000, () => {});
  other.changes.pump();
  expect(other.told).toEqual(['change.requested']);
});
