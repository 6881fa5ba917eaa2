/**
 * Changes of membership by joint consensus (§4.3): what may be asked for, and by which configurations it comes about.
 * New members are learners first. Whenever voters change, a joint configuration stands between the old and the new one,
 * so that no two majorities ever decide apart (MC4). Who proposes which step when is the membership chart's business.
 */
import { type Configuration, isJoint, type Membership, members } from '../core/configuration.ts';
import { contradictionIn, isMemberAddress } from '../core/configuration-entry.ts';
import type { RaftErrorCode } from '../core/errors.ts';
import { CHANGE_BYTES_MAX, MEMBERS_MAX, REMOVED_MAX } from '../core/limits.ts';
import { type MembershipChange, takenNameText } from '../core/membership-change.ts';
import { ofMember } from '../core/per-member.ts';
import type { RaftState } from '../core/raft-state.ts';
import { isNodeId, type NodeId } from '../core/types.ts';
import { membershipInForce } from './configurations.ts';

/** Never took effect, and why; what to do stands in the text. */
export interface ChangeRefusal {
  readonly code: Extract<RaftErrorCode, 'RAFT_BAD_REQUEST' | 'RAFT_CONFLICT' | 'RAFT_NOT_FOUND'>;
  readonly text: string;
}

/** MC6: what is wrong with a change, seen from the members and their addresses as they are; `null`: nothing. */
export function refusalOfChange(
  present: Membership,
  change: MembershipChange,
): ChangeRefusal | null {
  return (
    faultInChange(change) ??
    strangers(present, change) ??
    takenName(present, change) ??
    impossible(present, change)
  );
}

/** MC6: what is wrong with it whoever the members are. */
export function faultInChange({ add, promote, remove }: MembershipChange): ChangeRefusal | null {
  const added = Object.keys(add);
  const named = [...added, ...promote, ...remove];
  const bad = named.find((id) => !isNodeId(id));
  if (bad !== undefined)
    return badRequest(`${JSON.stringify(bad)} is no name that a member may have`);
  if (named.length === 0) return badRequest('a change of members names no member');
  const isLong = [added, promote, remove].some((list) => list.length > MEMBERS_MAX);
  const lost = added.find((id) => !isMemberAddress(add[id]));
  if (lost !== undefined) return badRequest(`${lost} has no address such as 10.0.0.4:4200`);
  const bytes = [...named, ...Object.values(add)].reduce((sum, word) => sum + word.length, 0);
  if (isLong || bytes > CHANGE_BYTES_MAX) {
    return badRequest(`a change of members names ${named.length} at once: do a part of it first`);
  }
  const both = remove.find((id) => added.includes(id) || promote.includes(id));
  if (both !== undefined) return badRequest(`${both} is to come and to go in the same change`);
  return null;
}

function strangers(
  present: Membership,
  { add, promote, remove }: MembershipChange,
): ChangeRefusal | null {
  const known = members(present.configuration);
  const used = Object.keys(add).find((id) => present.removed.includes(id as NodeId));
  if (used !== undefined) {
    return {
      code: 'RAFT_CONFLICT',
      text: `${used} was a member before and was removed, and its name is not used again: start the node with an empty data directory under another name`,
    };
  }
  const unknown = promote.find((id) => !known.includes(id) && ofMember(add, id) === undefined);
  if (unknown !== undefined) {
    return {
      code: 'RAFT_NOT_FOUND',
      text: `${unknown} is not a member: add it with its address first`,
    };
  }
  // Who was removed before need not be removed again: it is done.
  const foreign = remove.find((id) => !known.includes(id) && !present.removed.includes(id));
  return foreign === undefined
    ? null
    : { code: 'RAFT_NOT_FOUND', text: `${foreign} is not a member, nor was it one` };
}

/**
 * MC15: to be added and to vote in one is what a node asks for that comes anew. Two that come at once under one name are told
 * apart here, by the leader, which takes one change after the other (A9).
 */
function takenName(
  { addresses, configuration }: Membership,
  { add, promote }: MembershipChange,
): ChangeRefusal | null {
  const isTaken = (id: NodeId): boolean => {
    const address = ofMember(add, id);
    return address !== undefined && address !== ofMember(addresses, id);
  };
  const taken = members(configuration).find((id) => promote.includes(id) && isTaken(id));
  if (taken === undefined) return null;
  return { code: 'RAFT_CONFLICT', text: takenNameText(taken, ofMember(add, taken) ?? '') };
}

function impossible(present: Membership, change: MembershipChange): ChangeRefusal | null {
  const { configuration } = goalOf(present, change);
  if (configuration.voters.length === 0) {
    return {
      code: 'RAFT_CONFLICT',
      text: 'the last voter cannot be removed: add another and promote it first',
    };
  }
  const passing = new Set([...members(present.configuration), ...Object.keys(change.add)]);
  if (passing.size > MEMBERS_MAX) {
    return {
      code: 'RAFT_CONFLICT',
      text: `a cluster has at most ${MEMBERS_MAX} members: remove some first`,
    };
  }
  return null;
}

function badRequest(text: string): ChangeRefusal {
  return { code: 'RAFT_BAD_REQUEST', text };
}

/** What the members are once a change is done, if nothing else changes. Not joint. */
export function goalOf(
  present: Membership,
  { add, promote, remove }: MembershipChange,
): Membership {
  const settled = isJoint(present.configuration) ? leaveJoint(present) : present;
  const { voters, learners } = settled.configuration;
  const stays = (id: NodeId): boolean => !remove.includes(id);
  const nextVoters = names([...voters, ...promote].filter(stays));
  const nextLearners = names([...learners, ...(Object.keys(add) as NodeId[])].filter(stays));
  const configuration = {
    voters: nextVoters,
    votersOutgoing: [],
    learners: nextLearners.filter((id) => !nextVoters.includes(id)),
    learnersNext: [],
  };
  return successor(settled, configuration, add);
}

/** Whether a change is there already: asking for it again does nothing. */
export function isReached(present: Membership, goal: Membership): boolean {
  return (
    !isJoint(present.configuration) &&
    isSameConfiguration(present.configuration, goal.configuration) &&
    members(goal.configuration).every(
      (id) => ofMember(goal.addresses, id) === ofMember(present.addresses, id),
    )
  );
}

/**
 * MC13: whether a change ends where one ends that is under way: one of those that were asked for here, or the one that another
 * leader began.
 */
export function isOnItsWay(
  present: Membership,
  underWay: readonly MembershipChange[],
  change: MembershipChange,
): boolean {
  const begun = isJoint(present.configuration) ? [leaveJoint(present)] : [];
  const goal = goalOf(present, change);
  return [...begun, ...underWay.map((each) => goalOf(present, each))].some((end) =>
    isReached(end, goal),
  );
}

/** Who shall vote and does not yet: they have to catch up first (§4.2.1). */
export function newVoters({ configuration }: Membership, goal: Membership): readonly NodeId[] {
  return goal.configuration.voters.filter((id) => !configuration.voters.includes(id));
}

/**
 * Towards the goal without touching the voters: its new members as learners, so that they catch up first. The goal itself, if
 * the voters stay; `null`, if there is nothing to be done before the joint configuration.
 */
export function learnersFirst(present: Membership, goal: Membership): Membership | null {
  const { configuration: now } = present;
  if (now.voters.join() === goal.configuration.voters.join()) {
    return isReached(present, goal) ? null : goal;
  }
  const newcomers = newcomersOf(present, goal);
  if (newcomers.length === 0) return null;
  const configuration = { ...now, learners: names([...now.learners, ...newcomers]) };
  return successor(present, configuration, goal.addresses);
}

/** Who is no member yet: they are added first, whatever becomes of the rest (MC10). */
export function newcomersOf(present: Membership, goal: Membership): readonly NodeId[] {
  const known = members(present.configuration);
  return members(goal.configuration).filter((id) => !known.includes(id));
}

/** MC4: C_old,new, which needs both majorities for everything. */
export function enterJoint(present: Membership, goal: Membership): Membership {
  const { voters, learners } = goal.configuration;
  const votersOutgoing = present.configuration.voters;
  const configuration = {
    voters,
    votersOutgoing,
    learners: learners.filter((id) => !votersOutgoing.includes(id)),
    learnersNext: learners.filter((id) => votersOutgoing.includes(id)),
  };
  return successor(present, configuration, goal.addresses);
}

/** MC4: C_new, once C_old,new is committed. */
export function leaveJoint(present: Membership): Membership {
  const { voters, learners, learnersNext } = present.configuration;
  const configuration = {
    voters,
    votersOutgoing: [],
    learners: names([...learners, ...learnersNext]),
    learnersNext: [],
  };
  return successor(present, configuration, {});
}

/**
 * MC3, MC4: whether a leader may append this configuration behind the one that counts: the one before is committed, and so is
 * an entry of its own term, without which two leaders could change the same configuration apart (D1); and it is a step that
 * keeps the quorums together.
 */
export function mayAppend(state: RaftState, next: Membership): boolean {
  const present = membershipInForce(state);
  return (
    state.termStartIndex > 0 &&
    state.commitIndex >= state.termStartIndex &&
    state.commitIndex >= present.index &&
    isStep(present.configuration, next.configuration)
  );
}

/** MC4: from one configuration straight to the other any two quorums have a voter in common. */
export function isStep(from: Configuration, to: Configuration): boolean {
  if (contradictionIn(to) !== null) return false;
  if (isJoint(from)) return !isJoint(to) && from.voters.join() === to.voters.join();
  if (isJoint(to)) return from.voters.join() === to.votersOutgoing.join();
  return from.voters.join() === to.voters.join();
}

/** Keeps the addresses of those who stay and the names of those who go. */
function successor(
  { addresses, configuration: before, removed }: Membership,
  configuration: Configuration,
  told: Membership['addresses'],
): Membership {
  const now = members(configuration);
  const found = now.flatMap((id) => {
    const address = ofMember(told, id) ?? ofMember(addresses, id);
    return address === undefined ? [] : [[id, address] as const];
  });
  const gone = members(before).filter((id) => !now.includes(id));
  return {
    configuration,
    addresses: Object.fromEntries(found),
    removed: [...removed, ...gone].slice(-REMOVED_MAX),
  };
}

function isSameConfiguration(left: Configuration, right: Configuration): boolean {
  return (
    left.voters.join() === right.voters.join() && left.learners.join() === right.learners.join()
  );
}

function names(ids: readonly NodeId[]): readonly NodeId[] {
  return [...new Set(ids)].sort();
}
