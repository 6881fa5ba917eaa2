/**
 * Commands that other members pass on for their callers: taken by whoever leads, or may lead in a moment (LT7), and all others
 * refused at once, so that they wait where they came from. Of each message it is said once where its entries stand.
 */
import { isMember } from '../../core/configuration.ts';
import { ENTRY_HEADER_BYTES, type Entry, type EntryRun, entriesOf } from '../../core/entry-run.ts';
import type { Limits } from '../../core/limits.ts';
import type { Propose, ProposeReply } from '../../core/message.ts';
import { advance, type Index, type NodeId, type Term } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Disk } from '../deeds/disk.ts';
import { TERMS_UNNAMED_MAX } from '../limits.ts';
import type { KnownVersions } from '../peers/known-versions.ts';
import type { Peers } from '../peers/peers.ts';
import { type Actors, raftOf } from '../tree/actors.ts';
import type { Admission } from './admission.ts';
import { overloaded } from './call-errors.ts';
import type { Group } from './group.ts';
import { answerPeer, FORWARDED_DEADLINE_MS } from './peer-answers.ts';
import type { Proposals } from './proposals.ts';

interface CommandsOfOthersOptions {
  readonly actors: Pick<Actors, 'hasTag' | 'raft' | 'tellRaft' | 'tellReplication'>;
  readonly admission: Admission;
  readonly clock: Pick<Clock, 'now'>;
  readonly disk: Pick<Disk, 'hardState' | 'sendWhenDurable'>;
  readonly limits: Limits;
  readonly peers: Pick<Peers, 'send'>;
  readonly proposals: Proposals;
  readonly versions: Pick<KnownVersions, 'refusalOf'>;
  readonly schedulePump: () => void;
}

export class CommandsOfOthers {
  readonly #options: CommandsOfOthersOptions;
  /** The newest request seen of each member (I5). */
  readonly #seen = new Map<NodeId, number>();

  constructor(options: CommandsOfOthersOptions) {
    this.#options = options;
  }

  /**
   * The requests of a member are numbered through all terms and all its lives: one that was seen before is not answered
   * again, whether it was taken or refused, or it would be done twice (I5).
   */
  proposedBy(from: NodeId, message: Propose, runs: readonly EntryRun[]): void {
    const { requestId } = message;
    if (requestId <= (this.#seen.get(from) ?? 0)) return;
    this.#seen.set(from, requestId);
    if (!this.#takes(from, message)) return this.#answer(from, message, null);
    const entries = runs.flatMap(entriesOf);
    // UP2: who passed it on may know other members than this one, or none of their versions.
    const { versions } = this.#options;
    const isKnown = entries.every((entry) => versions.refusalOf(entry) === null);
    if (isKnown) this.#take(this.#groupOf(from, message, entries));
    else this.#answer(from, message, null);
  }

  #takes(from: NodeId, message: Propose): boolean {
    const { actors, admission } = this.#options;
    // MC7: whoever is about to go is told of what stands in the log before that, and of nothing behind it.
    if (!isMember(raftOf(actors).configuration, from) || !this.#isMeant(message)) return false;
    return admission.refusalOf(0, FORWARDED_DEADLINE_MS) === null;
  }

  /** This node leads, or may lead soon, as the other believes. PS1: in its first moments it can name only the term before. */
  #isMeant({ term }: Propose): boolean {
    const { actors } = this.#options;
    const behind = raftOf(actors).term - term;
    if (behind < 0 || behind > TERMS_UNNAMED_MAX) return false;
    return actors.hasTag('takesProposals') || actors.hasTag('campaigns');
  }

  #take(group: Group): void {
    const { actors, limits, proposals, schedulePump } = this.#options;
    if (!actors.hasTag('campaigns')) {
      proposals.queue(group);
      return schedulePump();
    }
    const count = proposals.holdAhead(group, limits.runBytesMax);
    if (count === null) group.refused(overloaded('proposals'));
    else actors.tellRaft({ type: 'proposals.gathered', count });
  }

  #groupOf(from: NodeId, message: Propose, entries: readonly Entry[]): Group {
    const { actors, clock } = this.#options;
    return {
      entries,
      isLocal: false,
      bytes: entries.reduce((sum, { data }) => sum + ENTRY_HEADER_BYTES + data.length, 0),
      deadline: clock.now() + FORWARDED_DEADLINE_MS,
      appended: (firstIndex, inTerm) => {
        this.#answer(from, message, firstIndex, inTerm);
        const index = advance(firstIndex, entries.length - 1);
        actors.tellReplication(from, { type: 'peer.waits', index });
      },
      refused: () => this.#answer(from, message, null),
      lost: () => {},
    };
  }

  #answer(to: NodeId, { requestId }: Propose, firstIndex: Index | null, inTerm?: Term): void {
    const term = inTerm ?? this.#options.actors.raft?.term;
    if (term === undefined) return;
    const reply: ProposeReply = { type: 'ProposeReply', term, requestId, firstIndex };
    answerPeer(this.#options, to, reply);
  }
}
