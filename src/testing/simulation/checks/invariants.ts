/**
 * The safety properties of one node after each thing that it did, on its memory, its disk and the history of
 * the run (S01, S02, S04, S07–S10, S15, S16, S19–S26, S36, S37, S44). What has not changed is not looked at
 * again: a step that moves nothing costs a few comparisons.
 */

import { isJoint, members } from '../../../core/configuration.ts';
import type { LogShape } from '../../../core/log-shape.ts';
import type { RaftState } from '../../../core/raft-state.ts';
import type { ReplicationState } from '../../../core/replication-state.ts';
import { termAt } from '../../../core/term-runs.ts';
import { INDEX_ZERO, type Index, type NodeId, type Term } from '../../../core/types.ts';
import type { NodeInspection } from '../../../node/raft-node.ts';
import type { SometimesLog } from '../runtime/sometimes.ts';
import {
  decides,
  electionFaults,
  forceFaults,
  intersectionFaults,
  pendingFaults,
  standingFaults,
} from './configuration-checks.ts';
import type { DurableLog } from './durable-log.ts';
import type { History } from './history.ts';
import { type MemberView, memberFaults } from './member-faults.ts';
import type { Report } from './violation.ts';

interface CheckedNode {
  readonly id: NodeId;
  readonly durable: DurableLog;
}

interface InvariantsOptions {
  readonly history: History;
  readonly report: Report;
  readonly durableOf: (id: NodeId) => DurableLog;
  readonly sometimes: SometimesLog;
}

/** Watches one life of one node. */
export class Invariants {
  readonly #node: CheckedNode;
  readonly #options: InvariantsOptions;
  readonly #progress = new Map<NodeId, ReplicationState>();
  #seen: MemberView | null = null;
  #hasHeardLeader = false;

  constructor(node: CheckedNode, options: InvariantsOptions) {
    this.#node = node;
    this.#options = options;
    options.history.noteMember(node.id);
  }

  check(inspection: NodeInspection): void {
    const { raft, state, leads, lastApplied } = inspection;
    if (raft === null) return this.#checkEnd(inspection);
    const before = this.#seen;
    const hasMoved = state !== before?.state || lastApplied !== before?.lastApplied;
    if (raft !== before?.raft || hasMoved) {
      const now = { raft, state, leads, lastApplied };
      this.#seen = now;
      this.#checkState(before, now);
    }
    if (leads) this.#checkPeers(raft, inspection);
    else this.#progress.clear();
  }

  /** What it did in the step in which it ended has left already: a leader may have committed there, and said so. */
  #checkEnd({ lastRaft, lastApplied }: NodeInspection): void {
    const before = this.#seen;
    if (before === null || lastRaft === null || lastRaft === before.raft) return;
    const leads = before.leads && lastRaft.term === before.raft.term;
    this.#seen = { ...before, raft: lastRaft, leads, lastApplied };
    if (lastRaft.commitIndex > before.raft.commitIndex) this.#checkCommit(before, this.#seen);
  }

  #checkState(before: MemberView | null, now: MemberView): void {
    const standing = standingFaults(now.raft, now.state);
    for (const [property, text] of [...memberFaults(before, now), ...standing]) {
      this.#violated(property, text);
    }
    const hadLog = before?.raft.log ?? now.raft.log;
    if (hadLog !== now.raft.log && droppedTerms(hadLog, now.raft.log) >= 2) {
      this.#options.sometimes.note('a follower drops entries of two terms at once');
    }
    this.#noteEarlyApply(now);
    if (now.leads && before?.leads !== true) this.#checkNewLeader(now.raft);
    if (now.leads) this.#options.history.noteLog(now.raft.term, now.raft.log);
    const known = before?.raft.commitIndex ?? INDEX_ZERO;
    if (now.raft.commitIndex > known) this.#checkCommit(before, now);
    if (before?.raft.configurations !== now.raft.configurations) this.#checkMembers(before, now);
  }

  /** S21, S22, S24. */
  #checkMembers(before: MemberView | null, { raft, leads }: MemberView): void {
    const { history, sometimes } = this.#options;
    const led = leads ? pendingFaults(raft, history.committedThrough) : [];
    const faults = [...forceFaults(raft, this.#node.durable), ...intersectionFaults(raft), ...led];
    for (const [property, text] of faults) this.#violated(property, text);
    const was = before?.raft.configurations.at(-1)?.index ?? INDEX_ZERO;
    if (was > (raft.configurations.at(-1)?.index ?? INDEX_ZERO)) {
      sometimes.note('a configuration is taken back');
    }
  }

  /** S45: it can only have known that from its disk. */
  #noteEarlyApply({ raft, lastApplied }: MemberView): void {
    this.#hasHeardLeader ||= raft.leaderId !== null;
    if (this.#hasHeardLeader || lastApplied === raft.log.base.index) return;
    this.#options.sometimes.note('a restarted node applies what it knew before it hears a leader');
  }

  /** S01, S04. */
  #checkNewLeader(raft: RaftState): void {
    const { history } = this.#options;
    history.noteLeader(raft.term, this.#node.id);
    this.#checkElection(raft);
    if (raft.termStartIndex - 1 > history.committedThrough) {
      this.#options.sometimes.note('a new leader holds entries that are not committed');
    }
    for (let at = history.committedThrough; at > raft.log.base.index; at -= 1) {
      const committed = history.committed(at);
      if (committed === undefined || committed.inTerm >= raft.term) continue;
      if (termAt(raft.log, at as Index) === committed.term) continue;
      this.#violated('S04', `is elected in term ${raft.term} without the committed entry ${at}`);
      return;
    }
  }

  /** S23, S25. */
  #checkElection(raft: RaftState): void {
    const { history, sometimes } = this.#options;
    const { id, term } = raft;
    const faults = electionFaults(raft, (voter) => history.mayHaveVoted(voter, term, id));
    for (const [property, text] of faults) this.#violated(property, text);
    if (isJoint(raft.configuration)) sometimes.note('a leader finds a joint configuration');
  }

  /** S06–S09. */
  #checkCommit(before: MemberView | null, now: MemberView): void {
    const { history } = this.#options;
    const { log, commitIndex } = now.raft;
    const known = before?.raft.commitIndex ?? INDEX_ZERO;
    const ledTerm = this.#ledTerm(before, now);
    if (ledTerm !== null) this.#checkQuorum(now.raft, ledTerm, before);
    else if (commitIndex > history.committedThrough) {
      this.#violated('S09', `learns of commit ${commitIndex}, which no leader has reached`);
    }
    // What a snapshot holds was committed by others before it was taken.
    for (let at = Math.max(known + 1, log.base.index); at <= commitIndex; at += 1) {
      if (at === INDEX_ZERO) continue;
      const entryTerm = termAt(log, at as Index) ?? 0;
      const inTerm = ledTerm ?? now.raft.term;
      history.noteCommitted(this.#node.id, at, { term: entryTerm, inTerm });
    }
  }

  /** In which it has committed what is new, if it did so itself. */
  #ledTerm(before: MemberView | null, { raft, leads }: MemberView): Term | null {
    if (leads) return raft.term;
    if (before?.leads !== true) return null;
    // A leader that is not part of what it has just committed leads no more (MC7), nor does one that hands over (LT8), which is
    // in the next term by then. In that it may also have heard of what another has committed: entries of that other's term.
    const { term } = before.raft;
    const isOwn = termAt(raft.log, raft.commitIndex) === term;
    const isNew = raft.commitIndex > this.#options.history.committedThrough;
    return raft.term === term || (isNew && isOwn) ? term : null;
  }

  /** S07: a quorum would still have it after a crash of everyone. S08: it is of the leader's own term. */
  #checkQuorum(raft: RaftState, term: Term, before: MemberView | null): void {
    const { commitIndex, configuration, log } = raft;
    this.#noteEarlierTerms({ ...raft, term }, before?.raft.commitIndex ?? INDEX_ZERO);
    const committed = { index: commitIndex, term: termAt(log, commitIndex) ?? 0 };
    if (committed.term !== term)
      this.#violated('S08', `commits ${committed.term}/${commitIndex} by counting`);
    const voters = [...configuration.voters, ...configuration.votersOutgoing];
    const holders = voters.filter((id) => this.#options.durableOf(id).holds(committed));
    // What was appended in the same step has counted nothing yet.
    const counted = before?.leads ? before.raft.configuration : configuration;
    if (!decides(configuration, holders) && !decides(counted, holders)) {
      this.#violated(
        'S07',
        `commits ${commitIndex}, on the disks of ${holders.join(', ') || 'nobody'}`,
      );
    }
  }

  #noteEarlierTerms({ log, term, commitIndex }: RaftState, known: Index): void {
    const { history, sometimes } = this.#options;
    const first = Math.max(known, history.committedThrough) + 1;
    if (first < commitIndex && termAt(log, first as Index) !== term) {
      sometimes.note('a leader commits entries of earlier terms with one of its own');
    }
  }

  #checkPeers(raft: RaftState, { replication }: NodeInspection): void {
    for (const peer of members(raft.configuration)) {
      if (peer === this.#node.id) continue;
      const state = replication(peer);
      const before = this.#progress.get(peer);
      if (state === null || state === before) continue;
      this.#progress.set(peer, state);
      this.#checkProgress(raft.log, state, before?.term === state.term ? before : undefined);
    }
  }

  /** S19, S20, S36. */
  #checkProgress(log: LogShape, state: ReplicationState, before?: ReplicationState): void {
    const { peer, matchIndex, nextIndex, inflight, inflightBytes, limits } = state;
    if (nextIndex <= matchIndex)
      this.#violated('S20', `next ${nextIndex} ≤ match ${matchIndex} of ${peer}`);
    if (before !== undefined && matchIndex < before.matchIndex) {
      this.#violated('S20', `what ${peer} holds falls`);
    }
    if (inflight.length > 1 && inflight.length >= limits.inflightMessagesMax) {
      this.#options.sometimes.note('the window to a peer is full');
    }
    if (inflight.length > Math.max(1, limits.inflightMessagesMax)) {
      this.#violated('S36', `${inflight.length} messages are under way to ${peer}`);
    }
    if (
      inflight.length > 1 &&
      inflightBytes - (inflight.at(-1)?.bytes ?? 0) > limits.inflightBytesMax
    ) {
      this.#violated('S36', `${inflightBytes} bytes are under way to ${peer}`);
    }
    if (matchIndex === before?.matchIndex || matchIndex === INDEX_ZERO) return;
    if (matchIndex < log.base.index) return;
    const place = { index: matchIndex, term: termAt(log, matchIndex) ?? -1 };
    const durable = this.#options.durableOf(peer);
    const hasMovedOn = durable.hardState.term > state.term;
    if (!hasMovedOn && !durable.holds(place)) {
      this.#violated('S19', `believes that ${peer} holds ${place.term}/${matchIndex} on its disk`);
    }
  }

  #violated(property: string, text: string): void {
    this.#options.report(property, `${this.#node.id}: ${text}`);
  }
}

/** How many terms have lost their last entry: what was behind the first difference is gone. */
function droppedTerms(before: LogShape, after: LogShape): number {
  return before.termRuns.filter(({ term }, at) => {
    const next = before.termRuns[at + 1];
    const last = next === undefined ? before.lastIndex : ((next.firstIndex - 1) as Index);
    return last >= after.base.index && termAt(after, last) !== term;
  }).length;
}
