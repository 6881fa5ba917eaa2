/** Somebody who only wants to work: so many puts of 256 bytes in flight, each timed, and every failure counted. */
import { connect, type KvClient } from '../../src/client/index.ts';
import type { ClientTls } from '../../src/ports/tls.ts';
import { closedLoop, type Service } from './closed-loop.ts';

const VALUE = new Uint8Array(256).fill(0x61);
const KEYS = 10_000;

export class OrdinaryClient implements AsyncDisposable {
  readonly #client: KvClient;

  constructor(endpoints: readonly string[], tls?: ClientTls) {
    const options = { endpoints: [...endpoints], timeoutMs: 10_000 };
    this.#client = connect(tls === undefined ? options : { ...options, tls });
  }

  /** Works until `over` resolves. */
  work(inFlight: number, over: Promise<unknown>): Promise<Service> {
    const put = (caller: number, time: number): Promise<unknown> =>
      this.#client.put(`ordinary/${(caller + time * inFlight) % KEYS}`, VALUE);
    return closedLoop(inFlight, put, over);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
  }
}
