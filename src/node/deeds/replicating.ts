/** Entries to a peer: what its replication chart asks for, as one AppendEntries with the runs beside it. */
import type { ReplicationEvent } from '../../../machines/replication.types.ts';
import { assert } from '../../core/assert.ts';
import type { Replicate } from '../../core/effect.ts';
import type { EntryRun } from '../../core/entry-run.ts';
import type { RaftState } from '../../core/raft-state.ts';
import { termAt } from '../../core/term-runs.ts';
import { INDEX_ZERO, nextIndex, TERM_ZERO } from '../../core/types.ts';
import { repliedTo } from '../../rules/leadership.ts';
import type { Peers } from '../peers/peers.ts';
import type { Actors } from '../tree/actors.ts';
import type { LogReader } from './log-reader.ts';

interface ReplicatingOptions {
  readonly actors: Pick<Actors, 'raft' | 'hasTag' | 'replication' | 'tellReplication'>;
  readonly log: LogReader;
  readonly peers: Pick<Peers, 'send'>;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
}

export class Replicating {
  readonly #options: ReplicatingOptions;

  constructor(options: ReplicatingOptions) {
    this.#options = options;
  }

  replicate(effect: Replicate): void {
    const { prevIndex, throughIndex, bytesMax } = effect;
    if (throughIndex === prevIndex) return this.#send(effect, []);
    this.#options.log.read(
      { from: nextIndex(prevIndex), through: throughIndex, bytesMax },
      (runs) => this.#send(effect, runs),
      (runs) => this.#sendRead(effect, runs),
      () => this.#leadsIn(effect),
    );
  }

  /** The peers learn with the next message what they may apply. */
  tellCommitted(): void {
    this.#tellAll(({ commitIndex }) => ({ type: 'commit.advanced', commitIndex }));
  }

  /** LR20: from now on nothing is known of the entries before the base. */
  tellBase(): void {
    this.#tellAll(({ log }) => ({ type: 'log.compacted', baseIndex: log.base.index }));
  }

  #tellAll(news: (raft: RaftState) => ReplicationEvent): void {
    const { actors } = this.#options;
    const { raft } = actors;
    if (raft === null || !actors.hasTag('leads')) return;
    for (const peer of repliedTo(raft)) actors.tellReplication(peer, news(raft));
  }

  /** LR11: what was asked for before the peer's progress changed is not sent, or more than the window would be. */
  #sendRead(effect: Replicate, runs: readonly EntryRun[] | null): void {
    const { actors } = this.#options;
    const { to, prevIndex } = effect;
    const isAskedFor = actors.replication(to)?.nextIndex === nextIndex(prevIndex);
    const isThere = prevIndex >= (actors.raft?.log.base.index ?? INDEX_ZERO);
    if (runs !== null && isAskedFor && isThere) return this.#send(effect, runs);
    actors.tellReplication(to, { type: 'entries.outdated' });
  }

  #leadsIn({ term }: Replicate): boolean {
    const { actors } = this.#options;
    return actors.raft?.term === term && actors.hasTag('leads');
  }

  #send(effect: Replicate, runs: readonly EntryRun[]): void {
    const { actors, peers, run } = this.#options;
    const { to, term, prevIndex, commitIndex, round } = effect;
    const { raft } = actors;
    if (raft === null || !this.#leadsIn(effect)) return;
    const prevTerm = prevIndex === INDEX_ZERO ? TERM_ZERO : termAt(raft.log, prevIndex);
    assert(prevTerm !== null, 'LR2: a leader knows the term of the entry before those it sends');
    const lastIndex = runs.at(-1)?.lastIndex ?? prevIndex;
    const prevLog = { term: prevTerm, index: prevIndex };
    const message = {
      type: 'AppendEntries',
      term,
      prevLog,
      lastIndex,
      commitIndex,
      round,
    } as const;
    const isSent = peers.send(to, message, runs);
    if (runs.length === 0) return;
    const bytes = runs.reduce((sum, { bytes: own }) => sum + own.length, 0);
    const sent = { type: 'entries.sent', throughIndex: lastIndex, bytes } as const;
    run(() => actors.tellReplication(to, isSent ? sent : { type: 'entries.dropped' }));
  }
}
