/** Effects into deeds: one exhaustive switch, and what each deed takes: persist, then send. */
import { assert, unreachable } from '../core/assert.ts';
import type { Apply, Effect, Persist, Replicate } from '../core/effect.ts';
import { ENTRY_KIND, type EntryRun, encodeRun, sliceRun } from '../core/entry-run.ts';
import { RaftError } from '../core/errors.ts';
import type { ReadRange } from '../core/run-list.ts';
import { termAt } from '../core/term-runs.ts';
import { textOf } from '../core/thrown-text.ts';
import { INDEX_ZERO, type Index, nextIndex, TERM_ZERO } from '../core/types.ts';
import { peersOf } from '../rules/leadership.ts';
import type { Parts } from './parts.ts';
import { raftOf } from './surroundings.ts';

export function perform(parts: Parts, effect: Effect): void {
  const { actors, clients, disk, peers, problems } = parts;
  switch (effect.type) {
    case 'persist':
      return persist(parts, effect);
    case 'send':
      return disk.sendWhenDurable(effect);
    case 'replicate':
      return replicate(parts, effect);
    case 'progressed': {
      const { peer, matchIndex, round, term } = effect;
      if (term !== actors.raft?.term) return;
      problems.progressed(peer, matchIndex);
      return actors.tellRaft({ type: 'peer.progressed', peer, matchIndex, round });
    }
    case 'commit':
      parts.timings.committed(effect.commitIndex);
      return parts.run(() => committed(parts, effect.commitIndex));
    case 'apply':
      return apply(parts, effect);
    case 'flushLog':
      return flush(parts, effect.batch);
    case 'logDurable':
      return clients.pump();
    case 'diskStalled':
      parts.diskChanged(disk.stalled(parts.clock.now(), effect.stalledForMs));
      return actors.tellRaft({ type: 'disk.stalled' });
    case 'diskRecovered':
      return parts.diskChanged(disk.recovered(parts.clock.now()));
    case 'peerStalled':
      return problems.stalled(effect.peer, effect.matchIndex);
    case 'roleChanged':
      return parts.roleChanged(effect);
    case 'established':
      return clients.pump();
    case 'roundConfirmed':
      return clients.roundConfirmed(effect.round, effect.readIndex);
    case 'dial':
      return peers.dial(effect.peer, effect.attempt);
    case 'checkAlive':
      return peers.checkAlive(effect.peer, raftOf(parts).term);
    case 'hangUp':
      return peers.hangUp(effect.peer, effect.attempt, effect.reason);
    case 'linkOpened':
      peers.opened(effect.peer, effect.attempt);
      actors.tellRaft({ type: 'link.opened', peer: effect.peer });
      return clients.pump();
    case 'linkClosed':
      peers.closed(effect.peer, effect.reason);
      clients.linkClosed(effect.peer);
      problems.linkClosed(effect.peer);
      return actors.tellRaft({ type: 'link.closed', peer: effect.peer });
    case 'halted':
      return parts.fail(effect.error);
    case 'drain':
      return parts.drain();
    default:
      return unreachable(effect);
  }
}

/**
 * Gathers the write with the bytes it is about, keeps them at hand, and asks for a flush: once for each batch, and
 * only when all of this step is done. So a leader's messages leave before its own write begins (§10.2.1), and the
 * newer term that a vote comes with is on disk with the vote.
 */
function persist(parts: Parts, effect: Persist): void {
  const { actors, disk, tail } = parts;
  const runs = runsToAppend(parts, effect);
  if (effect.truncateFrom !== null) tail.truncateFrom(effect.truncateFrom);
  tail.append(runs);
  const isFirst = disk.gather(effect, runs);
  if (isFirst) parts.run(() => actors.tellLogWriter({ type: 'write.requested' }));
}

/** Callers first: what is committed is on its way to them before the peers are told. */
function committed({ actors, run }: Parts, commitIndex: Index): void {
  actors.tellApplier({ type: 'commit.advanced', commitIndex });
  run(() => {
    const { raft } = actors;
    if (raft === null || !actors.hasTag('leads')) return;
    for (const peer of peersOf(raft)) {
      actors.tellReplication(peer, { type: 'commit.advanced', commitIndex: raft.commitIndex });
    }
  });
}

function runsToAppend(parts: Parts, { append }: Persist): readonly EntryRun[] {
  if (append === null) return [];
  const { firstIndex, lastIndex, source } = append;
  const { term } = raftOf(parts);
  const first = { term, firstIndex, timeMs: parts.clock.wallTimeMs() };
  switch (source) {
    case 'noop':
      return [encodeRun(first, [{ kind: ENTRY_KIND.noop, data: new Uint8Array(0) }])];
    case 'proposed':
      parts.timings.appended(lastIndex);
      return [parts.clients.encodeGathered(first)];
    case 'received': {
      const fresh = parts.hand.runs.filter((run) => run.lastIndex >= firstIndex);
      assert(
        fresh.at(-1)?.lastIndex === lastIndex,
        'LR9: the message at hand holds what is appended',
      );
      return fresh.map((run) => sliceRun(run, firstIndex, lastIndex));
    }
    default:
      return unreachable(source);
  }
}

/** ST9: a failed write halts the node; nothing that waited for it is ever said. */
function flush(parts: Parts, batch: number): void {
  const { actors, disk, tail, timings } = parts;
  const beganMs = timings.now();
  disk.flush((outcome) => {
    timings.synced(beganMs);
    parts.run(() => {
      if (outcome instanceof Error) {
        actors.tellLogWriter({ type: 'write.failed' });
        return parts.fail(storageFailed(outcome));
      }
      disk.releaseHeld();
      actors.tellLogWriter({ type: 'write.completed', batch });
      actors.tellRaft({ type: 'disk.durable', ...outcome });
      // Not the end of the write: what it held there may have been overwritten meanwhile (LR18, PS5).
      tail.trim(actors.raft?.durableIndex ?? INDEX_ZERO);
    });
  });
}

/** Packs an AppendEntries: from memory if the tail reaches back that far, else from disk. */
function replicate(parts: Parts, effect: Replicate): void {
  const { prevIndex, throughIndex, bytesMax } = effect;
  if (throughIndex === prevIndex) return sendRuns(parts, effect, []);
  const range = { from: nextIndex(prevIndex), through: throughIndex, bytesMax };
  const runs = parts.tail.select(range);
  if (runs !== null) return sendRuns(parts, effect, runs);
  readStored(parts, range).then(
    (read) => parts.run(() => sendRead(parts, effect, read)),
    (error: unknown) => parts.run(() => parts.fail(storageFailed(error))),
  );
}

/** LR11: what was asked for before the peer's progress changed is not sent, or more than the window would be. */
function sendRead(parts: Parts, effect: Replicate, runs: readonly EntryRun[]): void {
  const { actors } = parts;
  const { to, prevIndex } = effect;
  if (actors.replication(to)?.nextIndex === nextIndex(prevIndex)) {
    return sendRuns(parts, effect, runs);
  }
  actors.tellReplication(to, { type: 'entries.sent', throughIndex: INDEX_ZERO, bytes: 0 });
}

function sendRuns(parts: Parts, effect: Replicate, runs: readonly EntryRun[]): void {
  const { actors, peers } = parts;
  const { to, term, prevIndex, commitIndex, round } = effect;
  const raft = actors.raft;
  if (raft === null || raft.term !== term || !actors.hasTag('leads')) return;
  const prevTerm = prevIndex === INDEX_ZERO ? TERM_ZERO : termAt(raft.log, prevIndex);
  assert(prevTerm !== null, 'LR2: a leader knows the term of the entry before those it sends');
  const lastIndex = runs.at(-1)?.lastIndex ?? prevIndex;
  const prevLog = { term: prevTerm, index: prevIndex };
  const isSent = peers.send(
    to,
    { type: 'AppendEntries', term, prevLog, lastIndex, commitIndex, round },
    runs,
  );
  if (runs.length === 0) return;
  const bytes = runs.reduce((sum, run) => sum + run.bytes.length, 0);
  parts.run(() =>
    actors.tellReplication(
      to,
      isSent
        ? { type: 'entries.sent', throughIndex: lastIndex, bytes }
        : { type: 'entries.dropped' },
    ),
  );
}

/** Hands the next committed entries to the state machine, as many as one batch may hold. */
function apply(parts: Parts, { fromIndex, throughIndex }: Apply): void {
  const { limits, tail } = parts;
  const range = { from: fromIndex, through: throughIndex, bytesMax: limits.applyBytesMax };
  const runs = tail.select(range);
  if (runs !== null) return applyRuns(parts, runs);
  readStored(parts, range).then(
    (read) => parts.run(() => applyRuns(parts, read)),
    (error: unknown) => parts.run(() => parts.fail(storageFailed(error))),
  );
}

/** What is in the tail may not be on disk yet: the store is asked only for what comes before it. */
function readStored({ store, tail }: Parts, range: ReadRange): Promise<readonly EntryRun[]> {
  return store.read({ ...range, through: tail.storedThrough(range.through) });
}

function applyRuns(parts: Parts, runs: readonly EntryRun[]): void {
  parts.timings.applyBegins();
  parts.applying.take(runs);
  applySlice(parts);
}

/** AP2: one slice now, the others in later turns of the event loop, none after a halt or a stop. */
function applySlice(parts: Parts): void {
  const { actors, applying, clients, clock } = parts;
  if (!applying.hasMore) return;
  const done = (): void => {
    if (applying.hasMore) clock.yield(() => parts.run(() => applySlice(parts)));
    else {
      parts.timings.applyEnds();
      actors.tellApplier({ type: 'apply.completed', throughIndex: applying.lastApplied });
    }
    clients.applied(applying.lastApplied);
  };
  const failed = (error: unknown): void => {
    actors.tellApplier({ type: 'apply.failed' });
    parts.fail(machineFailed(error));
  };
  try {
    const applied = applying.slice();
    if (applied === undefined) return done();
    applied.then(
      () => parts.run(done),
      (error: unknown) => parts.run(() => failed(error)),
    );
  } catch (error) {
    failed(error);
  }
}

function storageFailed(cause: unknown): RaftError {
  if (cause instanceof RaftError) return cause;
  return new RaftError(
    'RAFT_STORAGE_FAILED',
    `the disk failed, and what it holds is unknown: this node has halted; check the disk, then restart it (${textOf(cause)})`,
    { cause },
  );
}

function machineFailed(cause: unknown): RaftError {
  return new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `the state machine threw while it applied a committed command: this node has halted, since going on could let replicas differ (${textOf(cause)})`,
    { cause },
  );
}
