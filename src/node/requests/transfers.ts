/**
 * Those who want leadership to move (§3.10): callers here, other members, and this node itself before it closes. Whoever
 * leads is asked, the own raft chart or another member, and asked again if nothing comes of that; that it has moved shows in
 * who leads. Who was never asked about has nothing done, of anyone else that is not known. Bound: `TRANSFERS_MAX`.
 */
import { members } from '../../core/configuration.ts';
import type { RaftError } from '../../core/errors.ts';
import { CHANGE_PATIENCE_MS, HAND_OVER_TIMEOUT_MS } from '../../core/limits.ts';
import type { TransferLeadership, TransferLeadershipReply } from '../../core/message.ts';
import type { TransferRefusal } from '../../core/transfer-refusal.ts';
import type { NodeId } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TransferOutcome } from '../../ports/replica.ts';
import type { Disk } from '../deeds/disk.ts';
import { TRANSFERS_MAX } from '../limits.ts';
import type { Peers } from '../peers/peers.ts';
import { type Actors, raftOf } from '../tree/actors.ts';
import { notServed, overloaded, transferRefused, transferUndecided } from './call-errors.ts';
import { answerPeer, FORWARDED_DEADLINE_MS, mayNameTerm } from './peer-answers.ts';

interface TransferRequest {
  readonly to: NodeId | null;
  readonly deadline: number;
  /** Who leads; already does, or from now on. */
  readonly moved: (leader: NodeId) => void;
  readonly refused: (reason: TransferRefusal) => void;
  readonly failed: (error: RaftError) => void;
  /** Of another member: who asked, and under which number. It may ask again before it hears the answer. */
  readonly askedBy: { readonly from: NodeId; readonly requestId: number } | null;
  /** The leader that was asked last, and may do it, or have done it; `null`: nobody ever. */
  asked: NodeId | null;
  /** When, on the node's monotonic clock; `null`: whoever leads is still to be asked, or once more. */
  askedAtMs: number | null;
  requestId: number | null;
}

const UNASKED = { asked: null, askedAtMs: null, requestId: null } as const;

interface TransfersOptions {
  readonly actors: Pick<Actors, 'hasTag' | 'raft' | 'tellRaft'>;
  readonly clock: Clock;
  readonly disk: Pick<Disk, 'hardState' | 'sendWhenDurable'>;
  readonly peers: Pick<Peers, 'isOpen' | 'send'>;
  readonly nextRequestId: () => number;
}

export class Transfers {
  readonly #options: TransfersOptions;
  #requests: readonly TransferRequest[] = [];

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  get isPending(): boolean {
    return this.#requests.length > 0;
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
      ...{ to, deadline, failed, askedBy: null, ...UNASKED },
      moved: (leader) => completed({ type: 'moved', leader }),
      refused: (reason) =>
        failed(transferRefused(reason, to, raftOf(this.#options.actors).configuration)),
    });
  }

  /** Of another member, which sees for itself who leads: it is told only why nobody else does, if that is certain. */
  askedBy(from: NodeId, { term, requestId, to }: TransferLeadership): void {
    const { actors, clock } = this.#options;
    const refused = (reason: TransferRefusal): void => this.#answer(from, requestId, reason);
    if (!actors.hasTag('leads') || term !== raftOf(actors).term) return refused('notLeading');
    const isKnown = this.#requests.some(
      ({ askedBy }) => askedBy?.from === from && askedBy.requestId === requestId,
    );
    if (isKnown) return;
    this.#add({
      ...{ to, refused, askedBy: { from, requestId }, ...UNASKED },
      deadline: clock.now() + FORWARDED_DEADLINE_MS,
      moved: () => refused('notLeading'),
      failed: ({ retry }) => refused(retry === 'safe' ? 'inVain' : 'notLeading'),
    });
  }

  /** Asks whoever leads, wherever that is not done yet. */
  pump(): void {
    const { raft } = this.#options.actors;
    if (raft === null) return;
    for (const request of this.#requests) {
      if (request.askedAtMs === null && raft.leaderId !== null) this.#ask(request, raft.leaderId);
    }
  }

  /** Whoever wanted that has it; for all others the new leader is asked. */
  leaderChanged(leader: NodeId | null): void {
    for (const request of this.#requests) {
      if (leader === null || request.asked === leader) continue;
      const isMoved = request.to === leader || (request.to === null && request.asked !== null);
      if (isMoved || request.askedBy !== null) this.#take(request)?.moved(leader);
      this.#refuse(request, 'notLeading');
    }
  }

  /** By the own chart, which was asked for exactly that. */
  refused(to: NodeId | null, reason: TransferRefusal): void {
    const { id } = raftOf(this.#options.actors);
    for (const request of this.#requests) {
      if (request.asked === id && request.to === to) this.#refuse(request, reason);
    }
  }

  /** This node leads on. */
  failed(): void {
    const { id } = raftOf(this.#options.actors);
    for (const request of this.#requests) if (request.asked === id) this.#refuse(request, 'inVain');
  }

  answeredBy({ requestId, reason }: TransferLeadershipReply): void {
    for (const request of this.#requests) {
      if (request.requestId === requestId) this.#refuse(request, reason);
    }
  }

  /** What it was asked for may never have arrived: whoever leads then is asked again. */
  linkClosed(peer: NodeId): void {
    for (const request of this.#requests) if (request.asked === peer) request.askedAtMs = null;
  }

  /** Any message may be lost: what is not answered is asked for again. */
  expire(now: number): void {
    const leader = this.#options.actors.raft?.leaderId ?? null;
    for (const request of this.#requests) {
      const { askedAtMs } = request;
      if (askedAtMs !== null && now - askedAtMs >= CHANGE_PATIENCE_MS) request.askedAtMs = null;
      if (request.deadline <= now) this.#fail(request, notServed(leader), transferUndecided());
    }
  }

  /** MC7: this node is no member any more, and nobody takes anything of it. */
  removed(refusal: RaftError): void {
    this.failAll(refusal, transferUndecided());
  }

  failAll(refusal: RaftError, unknown: RaftError): void {
    for (const request of this.#requests) this.#fail(request, refusal, unknown);
  }

  #add(request: TransferRequest): void {
    if (this.#requests.length >= TRANSFERS_MAX) return request.failed(overloaded('transfers'));
    this.#requests = [...this.#requests, request];
  }

  #ask(request: TransferRequest, leader: NodeId): void {
    const { actors, disk, nextRequestId, peers } = this.#options;
    const { id, term, configuration } = raftOf(actors);
    const { to } = request;
    if (to === leader) return this.#take(request)?.moved(leader);
    if (leader === id) {
      this.#noteAsked(request, id);
      const connected = members(configuration).filter((peer) => peers.isOpen(peer));
      return actors.tellRaft({ type: 'transfer.requested', to, connected });
    }
    if (!peers.isOpen(leader) || !mayNameTerm(disk, term)) return;
    // Of one leader always under one number: it knows what it was asked before, and answers once.
    const requestId = (request.asked === leader ? request.requestId : null) ?? nextRequestId();
    const message = { type: 'TransferLeadership', term, requestId, to } as const;
    if (!peers.send(leader, message, [])) return;
    this.#noteAsked(request, leader);
    request.requestId = requestId;
  }

  #noteAsked(request: TransferRequest, leader: NodeId): void {
    request.asked = leader;
    request.askedAtMs = this.#options.clock.now();
  }

  /** Whoever did not lead is no answer: the one who does is asked next. */
  #refuse(request: TransferRequest, reason: TransferRefusal): void {
    if (reason !== 'notLeading') return this.#take(request)?.refused(reason);
    request.askedAtMs = null;
    request.requestId = null;
  }

  #fail(request: TransferRequest, refusal: RaftError, unknown: RaftError): void {
    this.#take(request)?.failed(request.asked === null ? refusal : unknown);
  }

  /** `undefined`: it has ended before. */
  #take(request: TransferRequest): TransferRequest | undefined {
    const isThere = this.#requests.includes(request);
    this.#requests = this.#requests.filter((each) => each !== request);
    return isThere ? request : undefined;
  }

  #answer(to: NodeId, requestId: number, reason: TransferRefusal): void {
    const term = this.#options.actors.raft?.term;
    if (term === undefined) return;
    answerPeer(this.#options, to, { type: 'TransferLeadershipReply', term, requestId, reason });
  }
}
