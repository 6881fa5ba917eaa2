/** Writers that never stop until they are told to. The ledger says afterwards whether anything acknowledged was lost. */
import { EventEmitter, once } from 'node:events';
import { connect, type KvClient } from '../../src/client/index.ts';
import { Ledger } from './ledger.ts';

/** Longer than any election: without an acknowledgement for so long the cluster is stuck. */
const PATIENCE_MS = 20_000;

export class WriteLoad {
  readonly ledger = new Ledger();
  readonly #client: KvClient;
  readonly #writers: readonly Promise<void>[];
  readonly #events = new EventEmitter();
  #isStopped = false;
  #lastBegun = 0;

  constructor(endpoints: readonly string[], writers: number) {
    this.#client = connect({ endpoints: [...endpoints], timeoutMs: 2_000 });
    this.#writers = Array.from({ length: writers }, (_, writer) => this.#write(`${writer}`));
  }

  /** Resolves at the first acknowledgement of a write that was begun after this call. */
  async nextAcknowledgement(): Promise<void> {
    const since = performance.now();
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      while (this.#lastBegun < since) await once(this.#events, 'acknowledged', { signal });
    } catch (cause) {
      throw new Error(`no write was acknowledged within ${PATIENCE_MS} ms`, { cause });
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#writers);
    await this.#client.close();
  }

  async #write(writer: string): Promise<void> {
    while (!this.#isStopped) {
      const begun = performance.now();
      if ((await this.ledger.attempt(this.#client, writer)) !== null) continue;
      this.#lastBegun = Math.max(this.#lastBegun, begun);
      this.#events.emit('acknowledged');
    }
  }
}
