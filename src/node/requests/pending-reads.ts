/**
 * The reads that have no answer yet: those that wait to be asked for, those that the question under way is about, and
 * those whose index is known. The read-index chart says when they move on. SP13: no step copies or looks through the others
 * for each read, since one frame of a client may ask for thousands.
 */
import type { RaftError } from '../../core/errors.ts';
import type { Index } from '../../core/types.ts';
import type { Unserved } from './patience.ts';

export interface PendingRead {
  /** On the node's monotonic clock, in milliseconds. */
  readonly deadline: number;
  /** A read of this node waits until `readIndex` is applied here; another node's does not. */
  readonly isLocal: boolean;
  /** It waits for a leader until its deadline, whatever the others do. */
  readonly isPatient?: boolean | undefined;
  readonly answered: (readIndex: Index) => void;
  readonly failed: (error: RaftError) => void;
  /** What it is told once it is overdue, if that is not what all are told. */
  readonly overdue?: () => RaftError;
}

export class PendingReads {
  #waiting: PendingRead[] = [];
  #asked: readonly PendingRead[] = [];
  #confirmed: { readonly read: PendingRead; readonly readIndex: Index }[] = [];

  get count(): number {
    return this.#waiting.length + this.#asked.length + this.#confirmed.length;
  }

  /** True if there is something to ask. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  add(read: PendingRead): void {
    this.#waiting.push(read);
  }

  /** RD5: it asks nobody, and waits until that index is applied. */
  addConfirmed(read: PendingRead, readIndex: Index): void {
    this.#confirmed.push({ read, readIndex });
  }

  /** RD2: everything that waits now is part of the question; what comes later is not. */
  ask(): void {
    this.#asked = this.#waiting;
    this.#waiting = [];
  }

  /** The question was in vain: its reads wait again, before those that came meanwhile. */
  takeBack(): void {
    this.#waiting = [...this.#asked, ...this.#waiting];
    this.#asked = [];
  }

  /** What was asked is known to need `readIndex`. A read of another member waits over there (F7). */
  confirm(readIndex: Index): void {
    const asked = this.#asked;
    this.#asked = [];
    for (const read of asked) if (read.isLocal) this.addConfirmed(read, readIndex);
    for (const read of asked) if (!read.isLocal) read.answered(readIndex);
  }

  /** RD3: answers the confirmed reads that had to see no more than is applied (F6). */
  answer(lastApplied: Index): void {
    const ready = this.#confirmed.filter(({ readIndex }) => readIndex <= lastApplied);
    this.#confirmed = this.#confirmed.filter(({ readIndex }) => readIndex > lastApplied);
    for (const { read, readIndex } of ready) read.answered(readIndex);
  }

  /** Ends the overdue ones, and those that nobody has asked for and that nobody will (SP12). */
  expire(now: number, { through, error }: Unserved): void {
    const isInTime = ({ deadline }: PendingRead): boolean => deadline > now;
    const mayWait = ({ deadline, isPatient }: PendingRead): boolean =>
      deadline > (isPatient === true ? now : through);
    const taken = [...this.#confirmed.map(({ read }) => read), ...this.#asked];
    const overdue = [
      ...this.#waiting.filter((read) => !mayWait(read)),
      ...taken.filter((read) => !isInTime(read)),
    ];
    if (overdue.length === 0) return;
    this.#waiting = this.#waiting.filter(mayWait);
    this.#asked = this.#asked.filter(isInTime);
    this.#confirmed = this.#confirmed.filter(({ read }) => isInTime(read));
    for (const read of overdue) read.failed(read.overdue?.() ?? error());
  }

  failAll(error: RaftError): void {
    const all = this.#all();
    this.#waiting = [];
    this.#asked = [];
    this.#confirmed = [];
    for (const read of all) read.failed(error);
  }

  #all(): readonly PendingRead[] {
    return [...this.#confirmed.map(({ read }) => read), ...this.#asked, ...this.#waiting];
  }
}
