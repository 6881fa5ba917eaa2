/**
 * Whether this member knows who may do what now (AC10). When it has just started, or has heard of another leader or of none, what it has
 * applied may be of any age: changes wait until it has caught up. What is read needs no such thing: it is as old as the rights that it is
 * read with.
 */
import type { RaftError } from '../../core/errors.ts';
import type { Replica } from '../../ports/replica.ts';
import { overloaded } from '../errors.ts';
import { WAITING_CHANGES_BYTES_MAX } from '../limits.ts';

interface WaitingChange {
  readonly timeoutMs: number;
  /** That it holds while it waits. */
  readonly bytes: number;
}

export interface Currency {
  readonly isCurrent: boolean;
  /** Calls back once that is so, or with the reason why it is not; then nothing was done. */
  whenCurrent(change: WaitingChange, completed: (error: RaftError | null) => void): void;
}

/** Of whom nobody asks what it knows. */
export const ALWAYS_CURRENT: Currency = {
  isCurrent: true,
  whenCurrent: (_, completed) => completed(null),
};

export class AccessCurrency implements Currency {
  readonly #replica: Pick<Replica, 'awaitReadable' | 'onRole'>;
  #isCurrent = false;
  /** How often it was called into question. */
  #doubts = 0;
  #waitingBytes = 0;

  constructor(replica: Pick<Replica, 'awaitReadable' | 'onRole'>) {
    this.#replica = replica;
    replica.onRole(() => {
      this.#isCurrent = false;
      this.#doubts += 1;
    });
  }

  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Bound: what waits without a leader is held here. */
  whenCurrent(
    { bytes, timeoutMs }: WaitingChange,
    completed: (error: RaftError | null) => void,
  ): void {
    if (this.#waitingBytes + bytes > WAITING_CHANGES_BYTES_MAX) return completed(tooMany());
    this.#waitingBytes += bytes;
    const doubts = this.#doubts;
    this.#replica.awaitReadable({ timeoutMs }, (error) => {
      this.#waitingBytes -= bytes;
      if (error === null && doubts === this.#doubts) this.#isCurrent = true;
      completed(error);
    });
  }
}

function tooMany(): RaftError {
  return overloaded(
    'Too much waits already until this node has caught up. Nothing was done; ask another node, or later.',
  );
}
