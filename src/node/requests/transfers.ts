/**
 * Those who want leadership to move (§3.10): callers here, other members, and this node itself before it closes. Whoever
 * leads is asked, the own raft chart or another member; that it has moved shows in who leads. Bound: `TRANSFERS_MAX`.
 */
import { members } from '../../core/configuration.ts';
import type { RaftError } from '../../core/errors.ts';
import { HAND_OVER_TIMEOUT_MS } from '../../core/limits.ts';
import type { TransferLeadership, TransferLeadershipReply } from '../../core/message.ts';
import type { TransferRefusal } from '../../core/transfer-refusal.ts';
import type { NodeId } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TransferOutcome } from '../../ports/replica.ts';
import type { Disk } from '../deeds/disk.ts';
import { TRANSFERS_MAX } from '../limits.ts';
import type { Peers } from '../peers/peers.ts';
import { type Actors, raftOf } from '../tree/actors.ts';
import { notServed, overloaded, transferRefused } from './call-errors.ts';
import { answerPeer, FORWARDED_DEADLINE_MS, mayNameTerm } from './peer-answers.ts';

interface Wish {
  readonly to: NodeId | null;
  readonly deadline: number;
  /** Another member's: that one asks anew where it has to. */
  readonly isLocal: boolean;
  /** Who leads; already does, or from now on. */
  readonly moved: (leader: NodeId) => void;
  readonly refused: (reason: TransferRefusal) => void;
  readonly failed: (error: RaftError) => void;
  /** The leader that was asked last; `null`: nobody yet, or in vain. */
  asked: NodeId | null;
  requestId: number | null;
}

interface TransfersOptions {
  readonly actors: Pick<Actors, 'hasTag' | 'raft' | 'tellRaft'>;
  readonly clock: Clock;
  readonly disk: Pick<Disk, 'hardState' | 'sendWhenDurable'>;
  readonly peers: Pick<Peers, 'isOpen' | 'send'>;
  readonly nextRequestId: () => number;
}

export class Transfers {
  readonly #options: TransfersOptions;
  #wishes: readonly Wish[] = [];

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  get isPending(): boolean {
    return this.#wishes.length > 0;
  }

  /** Of a caller here, who is never called back during the call. */
  ask(to: NodeId | null, timeoutMs: number, told: (outcome: TransferOutcome) => void): void {
    const { clock } = this.#options;
    this.#expect(to, timeoutMs, (outcome) => clock.defer(() => told(outcome)));
  }

  /** LT6, MC12: calls back once another leads, or whoever might does not take over; at once if this node does not lead. */
  handOver(done: () => void): void {
    if (this.#options.actors.hasTag('leads')) this.#expect(null, HAND_OVER_TIMEOUT_MS, done);
    else done();
  }

  #expect(
    to: NodeId | null,
    timeoutMs: number,
    completed: (outcome: TransferOutcome) => void,
  ): void {
    const failed = (error: RaftError): void => completed({ type: 'failed', error });
    const deadline = this.#options.clock.now() + timeoutMs;
    this.#add({
      ...{ to, deadline, failed, isLocal: true, asked: null, requestId: null },
      moved: (leader) => completed({ type: 'moved', leader }),
      refused: (reason) => failed(transferRefused(reason, to)),
    });
  }

  /** Of another member, which sees for itself who leads: it is told only why nobody else does. */
  askedBy(from: NodeId, { term, requestId, to }: TransferLeadership): void {
    const { actors, clock } = this.#options;
    const refused = (reason: TransferRefusal): void => this.#answer(from, requestId, reason);
    if (!actors.hasTag('leads') || term !== raftOf(actors).term) return refused('notLeading');
    this.#add({
      ...{ to, refused, isLocal: false, asked: null, requestId: null },
      deadline: clock.now() + FORWARDED_DEADLINE_MS,
      moved: () => refused('notLeading'),
      failed: () => refused('inVain'),
    });
  }

  /** Asks whoever leads, wherever that is not done yet. */
  pump(): void {
    const { raft } = this.#options.actors;
    if (raft === null) return;
    for (const wish of this.#wishes) {
      if (wish.asked === null && raft.leaderId !== null) this.#ask(wish, raft.leaderId);
    }
  }

  /** Whoever wanted that has it; for all others the new leader is asked. */
  leaderChanged(leader: NodeId | null): void {
    for (const wish of this.#wishes) {
      if (leader === null || wish.asked === leader) continue;
      const isMoved = wish.to === leader || (wish.to === null && wish.asked !== null);
      if (isMoved || !wish.isLocal) this.#take(wish)?.moved(leader);
      this.#refuse(wish, 'notLeading');
    }
  }

  /** By the own chart, which was asked for exactly that. */
  refused(to: NodeId | null, reason: TransferRefusal): void {
    const { id } = raftOf(this.#options.actors);
    for (const wish of this.#wishes) {
      if (wish.asked === id && wish.to === to) this.#refuse(wish, reason);
    }
  }

  /** This node leads on. */
  failed(): void {
    const { id } = raftOf(this.#options.actors);
    for (const wish of this.#wishes) if (wish.asked === id) this.#refuse(wish, 'inVain');
  }

  answeredBy({ requestId, reason }: TransferLeadershipReply): void {
    for (const wish of this.#wishes) {
      if (wish.requestId === requestId) this.#refuse(wish, reason);
    }
  }

  /** What it was asked for may never have arrived: whoever leads then is asked again. */
  linkClosed(peer: NodeId): void {
    for (const wish of this.#wishes) if (wish.asked === peer) wish.asked = null;
  }

  expire(now: number): void {
    for (const wish of this.#wishes) {
      if (wish.deadline <= now) this.#take(wish)?.failed(notServed(wish.asked));
    }
  }

  failAll(error: RaftError): void {
    const all = this.#wishes;
    this.#wishes = [];
    for (const { failed } of all) failed(error);
  }

  #add(wish: Wish): void {
    if (this.#wishes.length >= TRANSFERS_MAX) return wish.failed(overloaded('transfers'));
    this.#wishes = [...this.#wishes, wish];
  }

  #ask(wish: Wish, leader: NodeId): void {
    const { actors, disk, nextRequestId, peers } = this.#options;
    const { id, term, configuration } = raftOf(actors);
    const { to } = wish;
    if (to === leader) return this.#take(wish)?.moved(leader);
    if (leader === id) {
      wish.asked = id;
      const connected = members(configuration).filter((peer) => peers.isOpen(peer));
      return actors.tellRaft({ type: 'transfer.requested', to, connected });
    }
    if (!peers.isOpen(leader) || !mayNameTerm(disk, term)) return;
    wish.asked = leader;
    wish.requestId = nextRequestId();
    peers.send(leader, { type: 'TransferLeadership', term, requestId: wish.requestId, to }, []);
  }

  /** Whoever did not lead is no answer: the one who does is asked next. */
  #refuse(wish: Wish, reason: TransferRefusal): void {
    if (reason !== 'notLeading') return this.#take(wish)?.refused(reason);
    wish.asked = null;
    wish.requestId = null;
  }

  /** `undefined`: it has ended before. */
  #take(wish: Wish): Wish | undefined {
    const isThere = this.#wishes.includes(wish);
    this.#wishes = this.#wishes.filter((each) => each !== wish);
    return isThere ? wish : undefined;
  }

  #answer(to: NodeId, requestId: number, reason: TransferRefusal): void {
    const term = this.#options.actors.raft?.term;
    if (term === undefined) return;
    answerPeer(this.#options, to, { type: 'TransferLeadershipReply', term, requestId, reason });
  }
}
