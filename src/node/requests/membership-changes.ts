/**
 * Changes of membership that somebody waits for: callers here, and members that pass on what theirs want. The leader
 * decides; the membership chart says when which step is taken. To ask twice for the same is harmless, so a change whose
 * leader was lost is asked for again, of the next one. Bound: `CHANGES_PENDING_MAX` wait here at most.
 */
import type { Present } from '../../../machines/membership.machine.ts';
import { unreachable } from '../../core/assert.ts';
import { isJoint, type Membership } from '../../core/configuration.ts';
import type { ConfigurationChanged, MembershipEffect } from '../../core/effect.ts';
import { RaftError } from '../../core/errors.ts';
import { CHANGE_PATIENCE_MS, CHANGES_PENDING_MAX } from '../../core/limits.ts';
import type { MembershipChange } from '../../core/membership-change.ts';
import type { ChangeMembers, ChangeMembersReply } from '../../core/message.ts';
import { ofMember } from '../../core/per-member.ts';
import type { RaftState } from '../../core/raft-state.ts';
import type { Index, NodeId } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MembersOutcome } from '../../ports/replica.ts';
import {
  faultInChange,
  goalOf,
  isOnItsWay,
  isReached,
  newcomersOf,
  refusalOfChange,
} from '../../rules/configuration-change.ts';
import { membershipInForce } from '../../rules/configurations.ts';
import type { Disk } from '../deeds/disk.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import type { PeerProblems } from '../peers/problems.ts';
import type { Actors } from '../tree/actors.ts';
import { notServed, overloaded } from './call-errors.ts';
import { answerPeer, mayNameTerm } from './peer-answers.ts';

export interface ChangesOptions {
  readonly actors: Pick<
    Actors,
    'hasTag' | 'hasTagIn' | 'membershipHas' | 'raft' | 'tellMembership'
  >;
  readonly disk: Pick<Disk, 'hardState' | 'sendWhenDurable'>;
  readonly members: Pick<Members, 'addressesOf' | 'all'>;
  readonly peers: Pick<Peers, 'isOpen' | 'send'>;
  readonly clock: Pick<Clock, 'defer' | 'now'>;
  readonly problems: Pick<PeerProblems, 'of'>;
  readonly nextRequestId: () => number;
}

type Outcome = MembersOutcome | { readonly type: 'leadLost' };

interface Pending {
  readonly change: MembershipChange;
  /** On the node's monotonic clock; infinite for another member, which keeps its own. */
  readonly deadline: number;
  readonly tell: (outcome: Outcome) => void;
  /** Of another member: who asked, and under which number. It may ask again before it hears the answer. */
  readonly askedBy: { readonly from: NodeId; readonly requestId: number } | null;
  /** By which this member asks others. */
  readonly requestId: number;
  /** Nobody has it; a leader was asked at that time; or the chart here leads it. */
  state: 'waiting' | 'underWay' | { readonly leader: NodeId; readonly atMs: number };
  /** It was begun before, or may have been: it waits for its turn, and what it finds done is done. */
  isAgain: boolean;
}

export class MembershipChanges {
  readonly #options: ChangesOptions;
  #pending: readonly Pending[] = [];

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  get isPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Of a caller here, who is never called back during the call. */
  ask(
    change: MembershipChange,
    timeoutMs: number,
    completed: (outcome: MembersOutcome) => void,
  ): void {
    const { clock } = this.#options;
    const tell = (outcome: Outcome): void => {
      if (outcome.type !== 'leadLost') clock.defer(() => completed(outcome));
    };
    const fault = faultInChange(change);
    if (fault !== null)
      return tell({ type: 'failed', error: new RaftError(fault.code, fault.text) });
    if (this.#pending.length >= CHANGES_PENDING_MAX) {
      return tell({ type: 'failed', error: overloaded('changes of members') });
    }
    const deadline = clock.now() + timeoutMs;
    this.#push({ change, deadline, tell, askedBy: null, isAgain: false });
  }

  /** A member passes on what somebody wants of it. */
  askedBy(from: NodeId, message: ChangeMembers): void {
    const { add, promote, remove, isAgain } = message;
    const answer = (outcome: Outcome): void => this.#answer(from, message, outcome);
    if (!this.#options.actors.hasTagIn(message.term, 'leads')) return answer({ type: 'leadLost' });
    const { requestId } = message;
    const isKnown = this.#pending.some(
      ({ askedBy }) => askedBy?.from === from && askedBy.requestId === requestId,
    );
    if (isKnown) return;
    if (this.#pending.length >= CHANGES_PENDING_MAX) {
      return answer({ type: 'failed', error: overloaded('changes of members') });
    }
    const change = { add: Object.fromEntries(add), promote, remove };
    const deadline = Number.POSITIVE_INFINITY;
    this.#push({ change, deadline, tell: answer, askedBy: { from, requestId }, isAgain });
    this.pump();
  }

  answeredBy({ requestId, refusal, voters, learners }: ChangeMembersReply): void {
    const asked = this.#pending.find((each) => each.requestId === requestId);
    if (asked === undefined || typeof asked.state !== 'object') return;
    if (refusal === null) {
      return this.#end(asked, { type: 'changed', members: { voters, learners, joint: false } });
    }
    if (refusal.code === 'RAFT_NOT_LEADER') return this.#askAgain(asked);
    const { code, retry, text } = refusal;
    this.#end(asked, { type: 'failed', error: new RaftError(code, text, { retry }) });
  }

  /** Decides what can be decided here, or passes it on to the leader. */
  pump(): void {
    const { actors, disk, peers } = this.#options;
    const { raft } = actors;
    if (this.#pending.length === 0 || raft === null) return;
    const waiting = this.#pending.filter(({ state }) => state === 'waiting');
    if (actors.hasTag('leads')) {
      for (const each of waiting) if (actors.hasTag('servesReads')) this.#decide(each, raft);
      return;
    }
    const { leaderId: leader, term } = raft;
    if (leader === null || !peers.isOpen(leader) || !mayNameTerm(disk, term)) return;
    for (const each of waiting) this.#passOn(each, leader, term);
  }

  /** The lead is established, or a configuration of it is committed. */
  established(): void {
    const now = this.#present();
    if (now !== null) this.#options.actors.tellMembership({ type: 'lead.established', ...now });
    this.pump();
  }

  configurationChanged({ isCommitted }: ConfigurationChanged): void {
    const now = this.#present();
    if (now === null || !isCommitted) return;
    this.#options.actors.tellMembership({ type: 'configuration.committed', ...now });
  }

  /** A peer holds this much: of interest only while somebody is to catch up. */
  progressed(peer: NodeId, matchIndex: Index): void {
    const { actors } = this.#options;
    if (!actors.membershipHas('watchesProgress') || actors.raft === null) return;
    const { lastIndex } = actors.raft.log;
    actors.tellMembership({ type: 'peer.progressed', peer, matchIndex, lastIndex });
  }

  leadLost(): void {
    this.#options.actors.tellMembership({ type: 'lead.lost' });
    // Other members ask whoever leads now; what nobody began here is passed on.
    for (const each of this.#pending.filter(
      ({ deadline }) => deadline === Number.POSITIVE_INFINITY,
    )) {
      this.#end(each, { type: 'leadLost' });
    }
  }

  /** The membership chart is done with a change, or another leader is to go on with it. */
  ended({ outcome, behind }: Extract<MembershipEffect, { type: 'changeEnded' }>): void {
    for (const each of this.#pending.filter(({ state }) => state === 'underWay')) {
      if (outcome === 'leadLost') this.#askAgain(each);
      else if (outcome === 'done') this.#end(each, this.#done());
      else this.#end(each, { type: 'failed', error: this.#lagging(each, behind) });
    }
    this.pump();
  }

  linkClosed(peer: NodeId): void {
    for (const each of this.#pending) {
      if (typeof each.state === 'object' && each.state.leader === peer) this.#askAgain(each);
    }
  }

  /** Any message may be lost: what is not answered is asked for again. */
  expire(now: number): void {
    const { raft } = this.#options.actors;
    for (const each of this.#pending) {
      const { state } = each;
      if (typeof state === 'object' && now - state.atMs >= CHANGE_PATIENCE_MS) this.#askAgain(each);
    }
    for (const each of this.#pending.filter(({ deadline }) => deadline <= now)) {
      const isUntouched = each.state === 'waiting' && !each.isAgain;
      const error = isUntouched ? notServed(raft?.leaderId ?? null) : timedOut();
      this.#end(each, { type: 'failed', error });
    }
  }

  /** This node is no member any more, and can ask nobody: what it sees done is done. */
  removed(refusal: RaftError): void {
    for (const each of this.#pending.filter(({ state }) => state === 'waiting')) {
      const error = each.isAgain ? timedOut() : refusal;
      const isDone = each.isAgain && this.#isDone(each.change);
      this.#end(each, isDone ? this.#done() : { type: 'failed', error });
    }
  }

  /** The node is gone. */
  failAll(refusal: RaftError, unknown: RaftError): void {
    for (const each of this.#pending) {
      const error = each.state === 'waiting' && !each.isAgain ? refusal : unknown;
      this.#end(each, { type: 'failed', error });
    }
  }

  #decide(asked: Pending, raft: RaftState): void {
    const { actors, members } = this.#options;
    const { change } = asked;
    const inForce = membershipInForce(raft);
    // MC14: what is asked for is to stand in the log, also if this member was told the same: the others were not.
    const others = members.all.filter((id) => ofMember(change.add, id) === undefined);
    const present = this.#located(inForce, others);
    if (!actors.membershipHas('idle')) return this.#waitOrRefuse(asked, present);
    // MC9: what a leader before has left joint is ended first, which begins once the lead is established.
    if (isJoint(inForce.configuration)) return;
    const refusal = refusalOfChange(this.#located(inForce, members.all), change);
    if (refusal !== null) {
      const error = new RaftError(refusal.code, `${refusal.text} (nothing was done)`);
      return this.#end(asked, { type: 'failed', error });
    }
    const goal = goalOf(present, change);
    if (isReached(present, goal)) return this.#end(asked, this.#done());
    asked.state = 'underWay';
    // Its new members are learners from now on, whatever becomes of the rest.
    asked.isAgain ||= newcomersOf(present, goal).length > 0;
    actors.tellMembership({ type: 'change.requested', goal, ...presentOf(raft), present });
  }

  /** Of these this member may know where they are found if the log does not say so. */
  #located(inForce: Membership, ids: readonly NodeId[]): Membership {
    const told = this.#options.members.addressesOf(ids);
    return { ...inForce, addresses: { ...told, ...inForce.addresses } };
  }

  /** MC13: whoever wants what is under way hears how that ends. */
  #waitOrRefuse(asked: Pending, present: Membership): void {
    const underWay = this.#pending.filter(({ state }) => state === 'underWay');
    const changes = underWay.map(({ change }) => change);
    asked.isAgain ||= isOnItsWay(present, changes, asked.change);
    if (!asked.isAgain) this.#end(asked, { type: 'failed', error: busy() });
  }

  #passOn(asked: Pending, leader: NodeId, term: RaftState['term']): void {
    const { change, isAgain, requestId } = asked;
    const add = Object.entries(change.add) as [NodeId, string][];
    const { promote, remove } = change;
    const message = {
      type: 'ChangeMembers',
      term,
      requestId,
      isAgain,
      add,
      promote,
      remove,
    } as const;
    const { clock, peers } = this.#options;
    if (peers.send(leader, message, [])) asked.state = { leader, atMs: clock.now() };
  }

  #answer(to: NodeId, { requestId }: ChangeMembers, outcome: Outcome): void {
    const { raft } = this.#options.actors;
    if (raft === null) return;
    const { voters, learners } = raft.configuration;
    answerPeer(this.#options, to, {
      type: 'ChangeMembersReply',
      term: raft.term,
      requestId,
      refusal: refusalIn(outcome),
      voters,
      learners,
    });
  }

  #isDone({ add, promote, remove }: MembershipChange): boolean {
    const { actors, members } = this.#options;
    const voters = actors.raft?.configuration.voters ?? [];
    const here = members.all;
    return (
      Object.keys(add).every((id) => here.some((member) => member === id)) &&
      promote.every((id) => voters.includes(id)) &&
      !remove.some((id) => here.includes(id))
    );
  }

  #done(): Outcome {
    const { raft } = this.#options.actors;
    const { voters = [], learners = [] } = raft?.configuration ?? {};
    const members = { voters: [...voters], learners: [...learners], joint: false };
    return { type: 'changed', members };
  }

  /** With what is known of each that has not caught up, and of what was asked for what has been done. */
  #lagging({ change, isAgain }: Pending, behind: readonly NodeId[]): RaftError {
    const whyNot = behind.flatMap((peer) => this.#options.problems.of(peer)?.reason ?? []);
    const added = isAgain ? behind.filter((peer) => ofMember(change.add, peer) !== undefined) : [];
    return tooSlow(behind, whyNot, added);
  }

  #present(): Present | null {
    const { raft } = this.#options.actors;
    return raft === null || !this.#options.actors.hasTag('leads') ? null : presentOf(raft);
  }

  #push(pending: Omit<Pending, 'requestId' | 'state'>): void {
    const requestId = this.#options.nextRequestId();
    this.#pending = [...this.#pending, { ...pending, requestId, state: 'waiting' }];
  }

  #askAgain(asked: Pending): void {
    asked.state = 'waiting';
    asked.isAgain = true;
    asked.tell({ type: 'leadLost' });
  }

  #end(asked: Pending, outcome: Outcome): void {
    this.#pending = this.#pending.filter((each) => each !== asked);
    asked.tell(outcome);
  }
}

function presentOf(raft: RaftState): Present {
  const { configuration, id, log } = raft;
  const goesOn = configuration.voters.includes(id);
  return { present: membershipInForce(raft), goesOn, lastIndex: log.lastIndex };
}

function refusalIn(outcome: Outcome): ChangeMembersReply['refusal'] {
  switch (outcome.type) {
    case 'changed':
      return null;
    case 'leadLost':
      return { code: 'RAFT_NOT_LEADER', retry: 'redirect', text: 'this member does not lead' };
    case 'failed':
      return { code: outcome.error.code, retry: outcome.error.retry, text: outcome.error.message };
    default:
      return unreachable(outcome);
  }
}

function busy(): RaftError {
  return new RaftError(
    'RAFT_CONFLICT',
    'another change of members is under way: nothing was done; try again when it is over',
    { retry: 'safe' },
  );
}

/** MC10: `added` by this very change, or by the same one asked for before: then it has taken effect in part. */
function tooSlow(
  behind: readonly NodeId[],
  whyNot: readonly string[],
  added: readonly NodeId[],
): RaftError {
  const why = whyNot.length === 0 ? '' : ` (${whyNot.join('; ')})`;
  const [who, newcomers] = [behind.join(', '), added.join(' ')];
  const isBegun = added.length > 0;
  const done = isBegun
    ? `${added.join(', ')} was added to the learners, and nothing else was done`
    : 'nothing was done';
  const orElse = isBegun ? `, or take it out again (raftchart member remove ${newcomers})` : '';
  return new RaftError(
    'RAFT_CONFLICT',
    `${who} did not catch up in time and is a learner${why}: ${done}. See that ${who} runs and can be reached, then ask for the same again${orElse}`,
    { retry: isBegun ? 'outcomeUnknown' : 'safe' },
  );
}

function timedOut(): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    'the change of members was not finished in time and may go on: look at the members; what is asked for again is not done twice',
  );
}
