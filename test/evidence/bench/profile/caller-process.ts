/** Starts the caller's process under the profiler, and has it ask. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Service } from '../../closed-loop.ts';
import type { Order, Word } from './load.ts';

/** As `npm run bench:profile` bundles it; with its types blanked at run time it would be another program. */
const PROGRAM = fileURLToPath(new URL('../../../../dist/profile/caller.js', import.meta.url));

export class CallerProcess {
  readonly #child: ChildProcess;

  constructor(endpoints: readonly string[], nodeFlags: readonly string[]) {
    this.#child = fork(PROGRAM, endpoints, { execArgv: [...nodeFlags] });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** `begun` is called when it is warm. */
  async ask(order: Order, begun: () => void): Promise<Service> {
    this.#child.send(order);
    for (;;) {
      const word = await this.#word();
      if (word !== 'begun') return word;
      begun();
    }
  }

  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await gone;
  }

  #word(): Promise<Word> {
    const left = new AbortController();
    const { signal } = left;
    const word = once(this.#child, 'message', { signal }).then(([said]) => said as Word);
    const gone = once(this.#child, 'exit', { signal }).then(([code]) => {
      throw new Error(`the caller ended with ${code}`);
    });
    return Promise.race([word, gone]).finally(() => left.abort());
  }
}
