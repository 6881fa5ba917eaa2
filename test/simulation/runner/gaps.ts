/**
 * What a simulation has not done: ways through the charts that no run took, and turns of events that never came.
 * Ways that no simulation can take are listed here, each with its reason; one that is taken all the same is an
 * error as well, since its reason is none.
 */

import {
  everySometimes,
  type Sometimes,
} from '../../../src/testing/simulation/runtime/sometimes.ts';
import { everyWay } from './coverage.ts';

/** By way, the reason for which a run takes it too seldom to be asked for. Tests of the charts take each. */
export const SELDOM_TAKEN: Readonly<Record<string, string>> = {
  'membership.leaving: after proposalPatience → membership.leaving':
    'takes a leader that hands over, or whose disk stands still, for long just when a joint configuration is committed',
  'membership.learning: after proposalPatience → membership.learning':
    'takes a leader that hands over, or whose disk stands still, for long just when a learner is to be added',
  'replication.replicate.owing: commit.advanced [leavesCommitAwaited] → replication.replicate.caughtUp':
    'takes five members, one much faster than the others, and a commit within ten milliseconds of another',
  'replication.replicate.awaiting: append.accepted [leavesNoRoom] → replication.replicate.awaiting.room':
    'takes answers to small messages while one larger than the whole window is under way',
  'replication.replicate.sending: entries.sent → replication.replicate.owing':
    'takes an answer in the very step in which the entries that it covers leave',
  'replication.replicate.sending: entries.outdated → replication.replicate.owing':
    'takes an answer that covers all that is just being read from disk',
  ...Object.fromEntries(
    [
      'replication: entries.outdated → ·',
      'replication.replicate.sending: entries.outdated [leavesMore] → replication.replicate.sending',
      'replication.replicate.sending: entries.outdated [leavesNoRoom] → replication.replicate.awaiting.room',
      'replication.replicate.sending: entries.outdated [leavesUnanswered] → replication.replicate.awaiting',
    ].map((way) => [way, 'takes an answer that overtakes a reading from disk']),
  ),
  'call.expecting: after helloTimeout → call.ended':
    'takes a line that falls silent between the opening of a connection and its first frame',
  'replication: entries.dropped → ·':
    'takes a full socket, and the end of what was streamed to that peer, in one step',
  'replication.replicate: entries.sent → ·':
    'takes entries that leave in the very step in which the peer is no longer streamed to',
  'link: hello.refused → ·': 'takes a disk that is slow just while a stranger knocks and gives up',
  'link: hello.accepted → ·':
    'takes a disk that is slow just while the time of a handshake runs out',
  'link: hello.sent → ·': 'takes a call that is answered in the very step in which it is given up',
  'link.listener.open: call.admitted → link.listener.open':
    'takes a line that dies in one direction and a new call that overtakes the end of the old one',
  'node.active: xstate.error.actor.raft → node.halted': 'takes a throw just where it sets a timer',
  'node.active: xstate.error.actor.readIndex → node.halted':
    'takes a throw just where it sets its timer',
  'readIndex.confirmed.waiting: reads.confirmed [isReadable] → ·':
    'takes a second answer while the state machine is still behind the first',
  'readIndex.confirmed.waiting: reads.confirmed → ·':
    'takes a second answer while the state machine is still behind the first',
  'readIndex.confirmed.waiting: entries.applied → ·':
    'takes a state machine that is told of a part of what a read has to see',
  'readIndex [isAllReadable] does not hold':
    'takes a state machine that is told of a part of what a read has to see',
  'readIndex [answersQuestion] does not hold':
    'takes an answer that is overtaken by the patience with it, while the next question is open',
  'readIndex [isAskedLeader] does not hold':
    'takes a lost connection to one member in the very moment in which another is asked',
  'node.active: xstate.error.actor.logWriter → node.halted':
    'takes a throw just where it sets its timer',
  ...Object.fromEntries(
    [
      'forwarding: propose.taken → forwarding.sparing',
      'forwarding.sparing: propose.sent [spendsLastCredit] → forwarding.awaiting',
      'forwarding.sparing: propose.sent → ·',
      'forwarding.sparing: propose.taken [earnsTrust] → forwarding.eager',
      'forwarding.sparing: propose.taken → ·',
      'forwarding [spendsLastCredit] holds',
      'forwarding [spendsLastCredit] does not hold',
      'forwarding [earnsTrust] holds',
      'forwarding [earnsTrust] does not hold',
    ].map((way) => [way, 'takes a leader that has too much, and room again in the same lead']),
  ),
  ...Object.fromEntries(
    [
      'snapshotter: snapshot.wanted → ·',
      'snapshotter.idle: snapshot.wanted → snapshotter.capturing',
      'snapshotter.unable: snapshot.wanted → ·',
      'snapshotter.idle: entries.applied [isDueByAge] → snapshotter.idle.ageing',
      'snapshotter.idle.ageing: entries.applied [isDue] → snapshotter.capturing',
      'snapshotter.idle.ageing: entries.applied → ·',
      'snapshotter.idle.ageing: after snapshotAge → snapshotter.capturing',
      'snapshotter.compacting: log.compacted [isAgeing] → snapshotter.idle.ageing',
      'snapshotter [isDueByAge] holds',
      'snapshotter [isAgeing] holds',
    ].map((way) => [way, 'takes somebody who wants a snapshot, or snapshots by age']),
  ),
  ...Object.fromEntries(
    [
      'node.active: xstate.done.actor.applier → node.halted',
      'node.active: xstate.done.actor.snapshotter → node.halted',
      'node.active: xstate.error.actor.snapshotter → node.halted',
      'node.active: xstate.done.actor.snapshotReceiver → node.halted',
      'node.active: xstate.error.actor.snapshotReceiver → node.halted',
      'snapshotter: snapshot.failed → snapshotter.failed',
      'snapshotReceiver: snapshot.failed → snapshotReceiver.failed',
      'applier: apply.failed → applier.failed',
    ].map((way) => [
      way,
      'takes a disk, or a machine, that fails just in the middle of a snapshot',
    ]),
  ),
  ...Object.fromEntries(
    [
      'snapshotter: snapshot.captured → ·',
      'snapshotter: snapshot.stored → ·',
      'snapshotter: snapshot.refused → ·',
      'snapshotter: snapshot.impossible → ·',
      'snapshotter: log.compacted → ·',
      'snapshotReceiver: chunk.stored → ·',
      'snapshotReceiver: pull.completed → ·',
      'snapshotReceiver: pull.ended → ·',
      'snapshotReceiver: install.ended → ·',
      'applier: restore.requested → ·',
      'applier: restore.completed → ·',
    ].map((way) => [way, 'takes an answer that comes when nobody waits for it any more']),
  ),
  ...Object.fromEntries(
    [
      'node: peer.joined → ·',
      'node: peer.leaving → ·',
      'node: peer.left → ·',
      'node.active: xstate.error.actor.membership → node.halted',
    ].map((way) => [way, 'takes a change of members in the very step in which a node ends']),
  ),
  ...Object.fromEntries(
    [
      'raft.learner.leaderless: promoted → raft.follower.leaderless',
      'raft.learner.doubtful: promoted → raft.follower.doubtful',
    ].map((way) => [
      way,
      'takes a snapshot that makes a voter, whole just when its leader is silent',
    ]),
  ),
  ...Object.fromEntries(
    [
      'raft.learner: vote.requested [mayGrantVote] → raft.learner.leaderless',
      'raft.learner: vote.requested → ·',
      'raft.learner.loyal: preVote.requested → ·',
      'raft.learner.loyal: vote.requested → ·',
    ].map((way) => [
      way,
      'takes a candidate that does not know yet whom it asks, while that one is not cut off',
    ]),
  ),
  ...Object.fromEntries(
    [
      'membership: change.requested → ·',
      'membership: peer.progressed → ·',
      'membership.catchingUp: peer.progressed → ·',
    ].map((way) => [way, 'takes news that comes when nobody waits for it any more']),
  ),
  ...Object.fromEntries(
    [
      'membership.catchingUp.slow: peer.progressed [completesLastRound] → membership.idle',
      'membership.catchingUp.slow: after catchUpTimeout → membership.idle',
      'membership [completesLastRound] holds',
    ].map((way) => [way, 'takes a newcomer that is too slow for ten rounds, or for ten seconds']),
  ),
  ...Object.fromEntries(
    [
      'snapshotter: snapshot.released → ·',
      'snapshotter.unable: snapshot.released → ·',
      'snapshotter.capturing: snapshot.refused [hasReleased] → snapshotter.compacting',
      'snapshotter.storing: snapshot.refused [hasReleased] → snapshotter.compacting',
      'snapshotter.compacting: log.compacted [hasReleased] → snapshotter.compacting',
      'snapshotter [hasReleased] holds',
    ].map((way) => [way, 'takes a fetch that ends while another snapshot is taken']),
  ),
  ...Object.fromEntries(
    [
      'snapshotter.capturing: snapshot.impossible → snapshotter.unable',
      'snapshotter.storing: snapshot.impossible → snapshotter.unable',
      'snapshotter.capturing: snapshot.refused → snapshotter.idle',
      'snapshotter.storing: snapshot.refused → snapshotter.idle',
    ].map((way) => [way, 'takes a machine that has no snapshots, or one that overtakes its own']),
  ),
  ...Object.fromEntries(
    [
      'applier.applying: restore.requested → applier.finishing',
      'applier.finishing: commit.advanced → ·',
      'applier.finishing: apply.completed → applier.restoring',
      'applier.restoring: apply.completed → ·',
    ].map((way) => [way, 'takes a batch that is with the machine when its state is replaced']),
  ),
  'replication.replicate: append.rejected [isOpenAppendBelowBase] → replication.snapshot':
    'takes entries that got lost on their way to a peer while the log was cut behind them',
  'replication [isOpenAppendBelowBase] holds':
    'takes entries that got lost on their way to a peer while the log was cut behind them',
  ...Object.fromEntries(
    [
      'raft: transfer.requested → ·',
      'raft.leader.service.transferring: transfer.requested → ·',
    ].map((way) => [
      way,
      'takes somebody who asks for a transfer; here only a leader that stops does',
    ]),
  ),
  ...Object.fromEntries(
    ['raft: timeoutNow.received → ·', 'raft [mayTakeOver] does not hold'].map((way) => [
      way,
      'takes a call to campaign that comes late, after a newer term or entry',
    ]),
  ),
  ...Object.fromEntries(
    [
      'raft.leader.service.transferring: link.closed [isTargetLink] → raft.leader.service.serving',
      'raft [isTargetLink] holds',
    ].map((way) => [way, 'takes a target that is lost in the milliseconds of a transfer']),
  ),
  'raft.leader.service.transferring: after transferTimeout → raft.leader.service.serving':
    'takes a transfer of a leader that goes on: one that stops waits no longer than that',
  'membership.yielding: after yieldPatience → membership.leaving':
    'takes a successor that does not catch up in time: one that has been told leads, or an election follows',
  'node: stop → ·': 'takes somebody who stops a node that is stopping or has halted',
  'membership.idle: lead.established [isJointAndGoes] → membership.yielding':
    'takes a leader that is lost in the middle of a change, and a successor that the same change takes out',
};

/** By way, the reason for which it is never taken. */
export const NEVER_TAKEN: Readonly<Record<string, string>> = {
  'node: recovered → ·': 'a disk is proven once in a life',
  'node: drained → ·': 'drained is said once, while it drains',
  'node.recovering: stop → node.stopped': 'nobody holds a node before it has started',
  'node.active: xstate.error.actor.applier → node.halted': 'takes a bug in a chart',
  'node.halted: failed → ·': 'a halted node takes no more inputs',
  'raft: proposals.gathered → ·': 'the driver gathers only while it leads, in the same step',
  'raft.leader.service.transferring: proposals.gathered → ·':
    'the driver gathers only while proposals are taken, in the same step',
  'raft: peer.progressed → ·': 'the replication charts end with the lead',
  'raft: round.requested → ·': 'the driver asks only while it serves reads, in the same step',
  'raft: promoted → ·': 'only a learner begins to vote, and each of its states heeds it (S26)',
  'raft: lead.offered → ·': 'a leader says it to itself, in the step in which it leads no more',
  'raft.leader: entries.received → ·': 'takes two leaders in one term',
  'link: socket.silent → ·': 'the driver looks only at open links',
  'link: dial → ·': 'a link is told once, before anything else',
  'node: call.received → ·': 'nobody listens before the disk is proven, or after the end',
  'node: call.ended → ·': 'all calls end with the node',
  'call: hello.believed → ·': 'a hello is judged once, and an ended call hears nothing',
  'call: hello.refused → ·': 'a hello is judged once, and an ended call hears nothing',
  'call: answer.ready → ·': 'an answer is made once, and an ended call hears nothing',
  'call.expecting: message.received → call.ended': 'the transport closes such a connection itself',
  'call.deciding: hello.received → call.ended': 'the transport closes such a connection itself',
  'call.deciding: message.received → ·': 'takes a caller that speaks before it is answered',
  'logWriter.idle: write.completed → ·': 'one write is under way at a time, and completes once',
  'logWriter [isCurrent] does not hold': 'one write is under way at a time, and completes once',
  'readIndex: role.changed → ·': 'a lease that is held and one that is not both heed it',
  'readIndex: round.confirmed → ·': 'a leader forgets its rounds with its lead',
  'readIndex: reads.confirmed → ·':
    'a state takes it: every confirmed read is answered, or one waits',
  'readIndex: entries.applied → ·': 'the driver says it only while a confirmed read waits',
  'forwarding: propose.sent → ·':
    'the driver counts messages only where they count, and sends none while it may not',
  'forwarding.eager: propose.taken → ·': 'the driver says it only where messages count',
  'node.active: xstate.error.actor.forwarding → node.halted': 'takes a bug in a chart',
  'applier.idle: apply.completed → ·': 'one batch is under way at a time, and completes once',
};

/** At most four of 2,100 runs came there. */
const TRAPPED =
  'takes a trap that lies in wait just where the node seldom comes: [SI14] leads it there';

/** By event, the reason for which it comes too seldom to be asked for, and where it is shown all the same. */
const SELDOM_HAPPENING: Readonly<Partial<Record<Sometimes, string>>> = {
  'the code of a node throws at proposeConfiguration':
    'takes a trap that lies in wait just while members change: [FS2]',
  'the code of a node throws at yieldLead':
    'takes a trap that lies in wait just while members change: [FS2]',
  'the code of a node throws at changeEnded':
    'takes a trap that lies in wait just while members change: [FS2]',
  'the code of a node throws at restore':
    'takes a trap that lies in wait just while a snapshot is installed: [FS2]',
  'the code of a node throws at pullSnapshot':
    'takes a trap that lies in wait just while a snapshot begins to be fetched: [FS2], [SI14]',
  'the code of a node throws at handOver':
    'takes a node that is stopped in good order while the trap lies in wait: [SI14]',
  'the code of a node throws at transferStarted': 'takes a leader that stops then: [SI14]',
  'the code of a node throws at peerStalled':
    'takes a trap that lies in wait just while a peer takes nothing: [SI14]',
  'the code of a node throws at leadExpected': 'no plan lays a trap there: [FS2], [SI14]',
  'the code of a node throws at transferFailed':
    'takes a target that is lost in the milliseconds of a transfer: [SI14]',
  'the code of a node throws at configurationChanged': TRAPPED,
  'the code of a node throws at diskRecovered': TRAPPED,
  'the code of a node throws at diskStalled': TRAPPED,
  'the code of a node throws at drain': TRAPPED,
  'the code of a node throws at endPull': TRAPPED,
  'the code of a node throws at installSnapshot': TRAPPED,
  'the code of a node throws at linkEnded': TRAPPED,
  'the code of a node throws at offerSnapshot': TRAPPED,
  'the code of a node throws at replicate': TRAPPED,
  'the code of a node throws at transferRefused': TRAPPED,
};

/** By name, in how many runs it was seen; a name that was not is not there. */
export type Counts = ReadonlyMap<string, number>;

interface Seen {
  /** Of the runs that were heard. */
  readonly ways: Counts;
  /** Of all runs. */
  readonly sometimes: Counts;
}

/** What fewer runs have than these, the next change of anything that a run draws may well take out of all of them. */
const OFTEN = 5;

/** Founding is over before there is a node; it has a world of its own, which takes all its ways (FO12). */
const BEFORE_NODES = /^founding\b/;

/** In sentences; `isStrict` also finds fault with reasons that are none. */
export function missingOf({ ways, sometimes }: Seen, isStrict: boolean): readonly string[] {
  const all = everyWay().filter((way) => !BEFORE_NODES.test(way));
  const isExcused = (way: string): boolean => way in NEVER_TAKEN || way in SELDOM_TAKEN;
  const untaken = all.filter((way) => !ways.has(way) && !isExcused(way));
  const wrong = isStrict ? Object.keys(NEVER_TAKEN).filter((way) => ways.has(way)) : [];
  const rare = everySometimes();
  const unseen = rare.filter((what) => !sometimes.has(what));
  const absent = unseen.filter((what) => !(what in SELDOM_HAPPENING));
  const taken = all.filter((way) => ways.has(way)).length;
  const happened = rare.length - unseen.length;
  const never = Object.keys(NEVER_TAKEN).length;
  const charts = `ways through the charts: ${taken} of ${all.length} taken, ${never} cannot be`;
  console.log(`${charts}; rare events: ${happened} of ${rare.length}`);
  return [
    ...untaken.map((way) => `never taken: ${way}`),
    ...wrong.map((way) => `taken, although a reason says it cannot be: ${way}`),
    ...absent.map((what) => `never happened: ${what}`),
  ];
}

/** In sentences: what happened, but so seldom that another draw would miss it, and for which there is no reason yet. */
export function seldomOf({
  watched,
  ways,
  sometimes,
}: Seen & { readonly watched: number }): readonly string[] {
  const few = (counts: Counts, reasons: object): readonly (readonly [string, number])[] =>
    [...counts].filter(([name, count]) => count < OFTEN && !(name in reasons)).sort();
  return [
    ...few(ways, { ...NEVER_TAKEN, ...SELDOM_TAKEN }).map(
      ([way, count]) => `taken in ${count} of ${watched} runs that were heard: ${way}`,
    ),
    ...few(sometimes, SELDOM_HAPPENING).map(([what, count]) => `in ${count} runs: ${what}`),
  ];
}
