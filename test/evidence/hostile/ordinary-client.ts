/** Somebody who only wants to work: four puts in flight, each timed, and every failure counted. */
import { connect, type KvClient } from '../../../src/client/index.ts';

export interface Service {
  readonly puts: number;
  readonly failures: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const IN_FLIGHT = 4;
const VALUE = new Uint8Array(256).fill(0x61);

export class OrdinaryClient implements AsyncDisposable {
  readonly #client: KvClient;

  constructor(endpoints: readonly string[]) {
    this.#client = connect({ endpoints: [...endpoints], timeoutMs: 10_000 });
  }

  /** Works until `over` resolves. */
  async work(over: Promise<unknown>): Promise<Service> {
    let isOver = false;
    const latencies: number[] = [];
    const failures: string[] = [];
    const worker = async (_: unknown, at: number): Promise<void> => {
      for (let key = at; !isOver; key = (key + IN_FLIGHT) % 1_000) {
        const begun = performance.now();
        await this.#client
          .put(`ordinary/${key}`, VALUE)
          .catch((error: unknown) => failures.push(String(error)));
        latencies.push(performance.now() - begun);
      }
    };
    const workers = Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    await over.finally(() => {
      isOver = true;
    });
    await workers;
    return { puts: latencies.length, failures, ...quantilesOf(latencies) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}

function quantilesOf(latencies: number[]): { readonly p50Ms: number; readonly p99Ms: number } {
  latencies.sort((left, right) => left - right);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
