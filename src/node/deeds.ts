/** What each effect of the charts comes to, one line each. They are performed in the order given (STYLE 2). */
import type {
  ApplierEffect,
  CallEffect,
  ConfigurationChanged,
  Drain,
  Forward,
  HandOver,
  LinkEffect,
  LinkEnded,
  LogWriterEffect,
  MembershipEffect,
  Performed,
  RaftOutput,
  ReadIndexEffect,
  ReplicationEffect,
  SnapshotReceiverEffect,
  SnapshotterEffect,
} from '../core/effect.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { MembersEvent } from '../ports/replica.ts';
import type { ApplyTurns } from './deeds/apply-turns.ts';
import type { LogWriting } from './deeds/log-writing.ts';
import type { Replicating } from './deeds/replicating.ts';
import type { Parts } from './parts.ts';
import { raftOf } from './tree/actors.ts';

type Type = Performed['type'];
type EffectOf<Some extends Type> = {
  readonly [Each in Some]: { readonly type: Each } & Extract<Performed, { type: Each }>;
}[Some];

type Deed<Some extends Type> = (
  effect: EffectOf<Some>,
  /** What came beside the message of this step. */
  received: readonly EntryRun[],
) => void;

/** An effect that nobody performs does not compile. */
export type Deeds = { readonly [Each in Type]: Deed<Each> };
type DeedsOf<Some extends Performed> = Pick<Deeds, Some['type']>;

/** The parts of the node, and those that only deeds need. */
interface Doers extends Parts {
  readonly applyTurns: ApplyTurns;
  readonly logWriting: LogWriting;
  readonly replicating: Replicating;
}

export function deedsOf(doers: Doers): Deeds {
  return {
    ...raftDeeds(doers),
    ...logDeeds(doers),
    ...replicationDeeds(doers),
    ...linkDeeds(doers),
    ...requestDeeds(doers),
    ...membershipDeeds(doers),
    ...connectionDeeds(doers),
    ...snapshotDeeds(doers),
  };
}

export function perform<Some extends Type>(
  deeds: Deeds,
  effect: EffectOf<Some>,
  received: readonly EntryRun[],
): void {
  deeds[effect.type](effect, received);
}

function raftDeeds(doers: Doers): DeedsOf<RaftOutput> {
  const { actors, audience, clients, disk, logWriting, members, problems, replicating } = doers;
  const { roles, run, timings } = doers;
  return {
    persist: (effect, received) => logWriting.persist(effect, received),
    moveBase: (effect) => {
      logWriting.moveBase(effect);
      replicating.tellBase();
    },
    send: (effect) => disk.sendWhenDurable(effect),
    commit: ({ commitIndex }) => {
      disk.noteCommitted(commitIndex);
      timings.committed(commitIndex);
      // Callers first: what is committed is on its way to them before the peers are told.
      run(() => {
        actors.tellApplier({ type: 'commit.advanced', commitIndex });
        run(() => replicating.tellCommitted());
      });
    },
    configurationChanged: (effect) => {
      members.changed(effect);
      clients.changes.configurationChanged(effect);
      audience.members.tell(membersNow(doers, effect));
      if (members.isRemoved) clients.schedulePump();
    },
    established: () => {
      clients.changes.established();
      clients.pump();
    },
    transferStarted: () => clients.sendBack(),
    transferRefused: ({ to, reason }) => clients.transfers.refused(to, reason),
    transferFailed: () => {
      clients.transfers.failed();
      clients.pump();
    },
    leadExpected: ({ of }) => clients.expectLead(of),
    // The read-index chart was told (machines/bindings/tellings.ts).
    roundConfirmed: () => {},
    roleChanged: (change) => {
      if (change.role !== 'leader') {
        for (const part of [problems, timings, clients]) part.leadLost();
      }
      clients.roleChanged(change.role);
      roles.changed(change);
      clients.transfers.leaderChanged(change.leaderId);
    },
  };
}

function membersNow(
  { members: { isRemoved } }: Doers,
  { isCommitted, membership }: ConfigurationChanged,
): MembersEvent {
  const { learners, voters, votersOutgoing } = membership.configuration;
  const joint = votersOutgoing.length > 0;
  return { voters: [...voters], learners: [...learners], joint, isCommitted, isRemoved };
}

function logDeeds(doers: Doers): DeedsOf<LogWriterEffect | ApplierEffect | HandOver | Drain> {
  const { actors, applyTurns, audience, clients, disk, installing, logWriting } = doers;
  return {
    flushLog: ({ batch }) => logWriting.flush(batch),
    logDurable: () => clients.pump(),
    diskStalled: ({ stalledForMs: forMs }) => {
      disk.counters.stalls += 1;
      audience.disk.tell({ isStalled: true, forMs });
    },
    diskRecovered: () => {
      audience.disk.tell({ isStalled: false, forMs: Math.round(disk.writingForMs) });
    },
    apply: (effect) => applyTurns.apply(effect),
    restore: () => installing.restore(),
    handOver: () => {
      clients.transfers.handOver(() => actors.tellNode({ type: 'handedOver' }));
      clients.schedulePump();
    },
    drain: () => clients.drain(() => actors.tellNode({ type: 'drained' })),
  };
}

function membershipDeeds({ clients }: Doers): DeedsOf<MembershipEffect> {
  return {
    // The raft chart was told (machines/bindings/tellings.ts).
    proposeConfiguration: () => {},
    yieldLead: () => {
      // Nobody hears how it ends but the charts.
      clients.transfers.handOver(() => {});
      clients.schedulePump();
    },
    changeEnded: (effect) => clients.changes.ended(effect),
  };
}

function replicationDeeds(doers: Doers): DeedsOf<ReplicationEffect> {
  const { clients, problems, replicating, serving } = doers;
  return {
    replicate: (effect) => replicating.replicate(effect),
    offerSnapshot: ({ to, term }) => serving.offer(to, term),
    progressed: ({ peer, matchIndex }) => {
      problems.progressed(peer, matchIndex);
      clients.changes.progressed(peer, matchIndex);
    },
    peerStalled: ({ peer, matchIndex }) => problems.stalled(peer, matchIndex),
  };
}

function linkDeeds(doers: Doers): DeedsOf<LinkEffect | LinkEnded> {
  const { actors, clients, dialler, peers, problems, serving } = doers;
  return {
    dial: ({ peer, attempt }) => dialler.dial(peer, attempt),
    checkAlive: ({ peer }) => peers.checkAlive(peer, raftOf(actors).term),
    hangUp: ({ peer, attempt, reason }) => peers.hangUp(peer, attempt, reason),
    linkOpened: (link) => {
      peers.opened(link);
      clients.pump();
    },
    linkClosed: ({ peer, reason }) => {
      peers.closed(peer, reason);
      clients.linkClosed(peer);
      problems.linkClosed(peer);
    },
    linkEnded: ({ peer }) => {
      peers.left(peer);
      serving.left(peer);
    },
  };
}

function requestDeeds({ clients }: Doers): DeedsOf<ReadIndexEffect | Forward> {
  return {
    forward: () => clients.schedulePump(),
    askRound: () => clients.reads.askRound(),
    askLeader: (effect) => clients.reads.askLeader(effect),
    readsConfirmed: ({ readIndex }) => clients.confirmReads(readIndex),
    readsTakenBack: () => clients.takeReadsBack(),
    readsReadable: ({ lastApplied }) => clients.reads.answer(lastApplied),
  };
}

function snapshotDeeds(doers: Doers): DeedsOf<SnapshotterEffect | SnapshotReceiverEffect> {
  const { audience, installing, pulling, snapshotCalls, snapshots } = doers;
  return {
    captureSnapshot: () => snapshots.capture(),
    storeSnapshot: () => snapshots.store(),
    compactLog: () => snapshots.compact(),
    snapshotEnded: () => {
      snapshotCalls.ended();
      const news = snapshots.news();
      if (news !== null) audience.snapshot.tell(news);
    },
    pullSnapshot: ({ from }) => pulling.pull(from),
    endPull: () => pulling.endPull(),
    installSnapshot: () => installing.install(),
  };
}

function connectionDeeds({ callers }: Doers): DeedsOf<CallEffect> {
  return {
    judgeHello: ({ call, hello }) => callers.judge(call, hello),
    introduce: ({ call, hello }) => callers.introduce(call, hello),
    admitCall: ({ call, hello, answer }) => callers.admit(call, hello, answer),
    closeCall: ({ call, kind, text }) => callers.close(call, kind, text),
    callEnded: ({ call }) => callers.forget(call),
  };
}
