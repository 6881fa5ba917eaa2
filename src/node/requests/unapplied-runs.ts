/**
 * What this member has appended as a leader and not applied yet: how much that is, and how long it takes (SP11). Whoever
 * waited for it may be gone long ago; it is work all the same. Bound: whoever proposes looks at its bytes (`unappliedBytesMax`).
 */
import type { EntryRun } from '../../core/entry-run.ts';
import type { Index } from '../../core/types.ts';

interface UnappliedRun {
  readonly lastIndex: Index;
  readonly bytes: number;
  /** On the node's monotonic clock, in milliseconds. */
  readonly appendedMs: number;
}

export class UnappliedRuns {
  #runs: UnappliedRun[] = [];
  #bytes = 0;
  readonly #lastApplied: () => Index;

  constructor(lastApplied: () => Index) {
    this.#lastApplied = lastApplied;
  }

  get bytes(): number {
    this.#forgetApplied();
    return this.#bytes;
  }

  /** For how long the oldest of it has waited, in milliseconds; 0 if there is nothing. */
  waitedMs(now: number): number {
    this.#forgetApplied();
    const [oldest] = this.#runs;
    return oldest === undefined ? 0 : now - oldest.appendedMs;
  }

  add({ lastIndex, bytes: { length: bytes } }: EntryRun, appendedMs: number): void {
    this.#forgetApplied();
    this.#runs.push({ lastIndex, bytes, appendedMs });
    this.#bytes += bytes;
  }

  /** Whoever leads no longer leaves the counting to others, and may see its entries replaced by fewer. */
  clear(): void {
    this.#runs = [];
    this.#bytes = 0;
  }

  #forgetApplied(): void {
    const applied = this.#lastApplied();
    let gone = 0;
    for (const { lastIndex, bytes } of this.#runs) {
      if (lastIndex > applied) break;
      this.#bytes -= bytes;
      gone += 1;
    }
    if (gone > 0) this.#runs.splice(0, gone);
  }
}
