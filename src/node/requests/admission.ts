/** Whether one more command is let in, or refused at once, before it was written anywhere (SP11). */

import type { EntryRun } from '../../core/entry-run.ts';
import { RaftError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ApplyProgress } from '../tree/recovery.ts';
import { overloaded, tooSlow } from './call-errors.ts';
import { UnappliedRuns } from './unapplied-runs.ts';

/**
 * At up to so many times the load that can be carried out, whoever is let in is served in time (SP11): at L times that
 * load, the last one let in waits L times as long as the oldest that was under way had waited when it came.
 */
const OVERLOAD_BORNE = 4;

interface AdmissionOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly limits: Limits;
  readonly progress: Readonly<ApplyProgress>;
  /** Of commands that wait to be appended. */
  readonly queuedBytes: () => number;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #unapplied: UnappliedRuns;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#unapplied = new UnappliedRuns(() => options.progress.lastApplied);
  }

  appended(run: EntryRun): void {
    this.#unapplied.add(run, this.#options.clock.now());
  }

  leadLost(): void {
    this.#unapplied.clear();
  }

  /** For a command of so many bytes that has so many milliseconds; `null`: it is let in. */
  refusalOf(bytes: number, timeoutMs: number): RaftError | null {
    const { clock, limits, queuedBytes } = this.#options;
    if (bytes > limits.commandBytesMax) {
      return new RaftError(
        'RAFT_TOO_LARGE',
        `a command of ${bytes} bytes is over the limit of ${limits.commandBytesMax}: split it`,
      );
    }
    const isFull =
      queuedBytes() + bytes > limits.proposalBytesMax ||
      this.#unapplied.bytes > limits.unappliedBytesMax;
    if (isFull) return overloaded('proposals');
    const waitedMs = this.#unapplied.waitedMs(clock.now());
    return waitedMs * OVERLOAD_BORNE > timeoutMs ? tooSlow(waitedMs) : null;
  }
}
