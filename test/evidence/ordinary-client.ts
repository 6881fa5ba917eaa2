/** Somebody who only wants to work: so many puts of 256 bytes in flight, each timed, and every failure counted. */
import { connect, type KvClient } from '../../src/client/index.ts';
import { quantile } from '../processes/quantile.ts';

export interface Service {
  readonly puts: number;
  readonly failures: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

const VALUE = new Uint8Array(256).fill(0x61);
const KEYS = 10_000;

export class OrdinaryClient implements AsyncDisposable {
  readonly #client: KvClient;

  constructor(endpoints: readonly string[]) {
    this.#client = connect({ endpoints: [...endpoints], timeoutMs: 10_000 });
  }

  /** Works until `over` resolves. */
  async work(inFlight: number, over: Promise<unknown>): Promise<Service> {
    let isOver = false;
    const latencies: number[] = [];
    const failures: string[] = [];
    const worker = async (_: unknown, at: number): Promise<void> => {
      for (let key = at; !isOver; key = (key + inFlight) % KEYS) {
        const begun = performance.now();
        await this.#client
          .put(`ordinary/${key}`, VALUE)
          .catch((error: unknown) => failures.push(String(error)));
        latencies.push(performance.now() - begun);
      }
    };
    const workers = Promise.all(Array.from({ length: inFlight }, worker));
    await over.finally(() => {
      isOver = true;
    });
    await workers;
    const [p50Ms = 0, p99Ms = 0, worstMs = 0] = [0.5, 0.99, 1].map((share) =>
      quantile(latencies, share),
    );
    return { puts: latencies.length, failures, p50Ms, p99Ms, worstMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}
