/**
 * What a peer says between its hello and the moment when its link is open. A peer that has accepted us speaks at once,
 * while what it proved is still on its way to the disk here; it is heard after that, in order.
 */
import type { EntryRun } from '../../core/entry-run.ts';
import type { Message } from '../../core/message.ts';
import { EARLY_BYTES_MAX, EARLY_MESSAGES_MAX } from '../limits.ts';

interface EarlyMessage {
  readonly message: Message;
  readonly runs: readonly EntryRun[];
}

export class EarlyMessages {
  readonly #held: EarlyMessage[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  hold(message: Message, runs: readonly EntryRun[]): void {
    for (const { bytes } of runs) this.#bytes += bytes.length;
    const fits = this.#held.length < EARLY_MESSAGES_MAX && this.#bytes <= EARLY_BYTES_MAX;
    if (fits) this.#held.push({ message, runs });
  }

  /** The oldest that is still held, which is held no longer. */
  next(): EarlyMessage | undefined {
    return this.#held.shift();
  }
}
