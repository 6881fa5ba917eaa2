/**
 * What a peer says between its hello and the verdict on it. A peer that has accepted us speaks at once, while what it
 * proved is still on its way to the disk here; it is heard after that, in order.
 */

import type { EntryRun } from '../core/entry-run.ts';
import { EARLY_BYTES_MAX, EARLY_MESSAGES_MAX } from './limits.ts';

/** What a peer said before it was accepted here; told once it is. */
export class EarlyMessages {
  #held: (() => void)[] | null = [];
  #bytes = 0;

  /** Runs `deliver` now, or once `release` was called. */
  pass(runs: readonly EntryRun[], deliver: () => void): void {
    if (this.#held === null) return deliver();
    for (const { bytes } of runs) this.#bytes += bytes.length;
    const fits = this.#held.length < EARLY_MESSAGES_MAX && this.#bytes <= EARLY_BYTES_MAX;
    if (fits) this.#held.push(deliver);
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const deliver of held) deliver();
  }
}
