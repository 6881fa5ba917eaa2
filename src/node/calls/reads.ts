/**
 * Linearizable reads without log writes (§6.4). All reads that come in while a round of heartbeats is under
 * way wait for the next one together. A member that does not lead asks the leader for the index to
 * wait for. Reads have no effect, so whatever goes wrong they are simply asked again until their deadline.
 */
import type { RaftError } from '../../core/errors.ts';
import type { Index } from '../../core/types.ts';

export interface PendingRead {
  /** On the node's monotonic clock, in milliseconds. */
  readonly deadline: number;
  /** A read of this node waits until `readIndex` is applied here; another node's does not. */
  readonly isLocal: boolean;
  readonly answered: (readIndex: Index) => void;
  readonly failed: (error: RaftError) => void;
}

/** What the reads under way wait for: a round of this leader, or the answer of another one. */
export type Asked =
  | { readonly type: 'round'; readonly round: number }
  | { readonly type: 'leader'; readonly requestId: number };

interface AskedReads {
  readonly by: Asked;
  readonly reads: readonly PendingRead[];
  readonly since: number;
}

export class Reads {
  readonly #confirmedAfter: (askedMs: number) => void;
  #waiting: PendingRead[] = [];
  #confirmed: { readonly read: PendingRead; readonly readIndex: Index }[] = [];
  #asked: AskedReads | null = null;

  /** `confirmedAfter` hears when the reads were asked for that are confirmed now. */
  constructor(confirmedAfter: (askedMs: number) => void) {
    this.#confirmedAfter = confirmedAfter;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0 || this.#asked !== null || this.#confirmed.length > 0;
  }

  get count(): number {
    return this.#waiting.length + (this.#asked?.reads.length ?? 0) + this.#confirmed.length;
  }

  /** True if reads wait and none are being confirmed: time to ask. */
  get shouldAsk(): boolean {
    return this.#waiting.length > 0 && this.#asked === null;
  }

  add(read: PendingRead): void {
    this.#waiting.push(read);
  }

  /** Everything that waits now is confirmed by `by`; what comes later is not (RD2). */
  ask(by: Asked, now: number): void {
    this.#asked = { by, reads: this.#waiting, since: now };
    this.#waiting = [];
  }

  roundConfirmed(round: number, readIndex: Index): void {
    const asked = this.#asked;
    if (asked?.by.type !== 'round' || asked.by.round > round) return;
    this.#asked = null;
    this.#confirm(asked, readIndex);
  }

  /** The leader's answer; null means that it could not tell. */
  leaderAnswered(requestId: number, readIndex: Index | null): void {
    const asked = this.#asked;
    if (asked?.by.type !== 'leader' || asked.by.requestId !== requestId) return;
    if (readIndex === null) return this.askAgain();
    this.#asked = null;
    this.#confirm(asked, readIndex);
  }

  /** RD3: a confirmed read is answered once this node has applied what it has to see (F6). */
  applied(lastApplied: Index): void {
    if (this.#confirmed.length === 0) return;
    const ready = this.#confirmed.filter(({ readIndex }) => readIndex <= lastApplied);
    this.#confirmed = this.#confirmed.filter(({ readIndex }) => readIndex > lastApplied);
    for (const { read, readIndex } of ready) read.answered(readIndex);
  }

  #confirm({ reads, since }: AskedReads, readIndex: Index): void {
    this.#confirmedAfter(since);
    for (const read of reads) {
      if (read.isLocal) this.#confirmed.push({ read, readIndex });
      else read.answered(readIndex);
    }
  }

  /** Whoever was asked will not answer any more: the reads wait to be asked again. */
  askAgain(): void {
    if (this.#asked === null) return;
    this.#waiting = [...this.#asked.reads, ...this.#waiting];
    this.#asked = null;
  }

  /** Ends the overdue ones, and asks again if an answer has been outstanding for `patienceMs`. */
  expire(now: number, patienceMs: number, error: () => RaftError): void {
    const asked = this.#asked;
    if (asked !== null && asked.by.type === 'leader' && now - asked.since > patienceMs) {
      this.askAgain();
    }
    const overdue = this.#waiting.filter((read) => read.deadline <= now);
    this.#waiting = this.#waiting.filter((read) => read.deadline > now);
    if (this.#asked !== null) {
      const { by, reads, since } = this.#asked;
      overdue.push(...reads.filter((read) => read.deadline <= now));
      this.#asked = { by, since, reads: reads.filter((read) => read.deadline > now) };
    }
    overdue.push(...this.#confirmed.flatMap(({ read }) => (read.deadline <= now ? [read] : [])));
    this.#confirmed = this.#confirmed.filter(({ read }) => read.deadline > now);
    for (const read of overdue) read.failed(error());
  }

  failAll(error: RaftError): void {
    const confirmed = this.#confirmed.map(({ read }) => read);
    const all = [...confirmed, ...(this.#asked?.reads ?? []), ...this.#waiting];
    this.#asked = null;
    this.#waiting = [];
    this.#confirmed = [];
    for (const read of all) read.failed(error);
  }
}
