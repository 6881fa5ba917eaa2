/** Snapshots by hand: taken whole, and given back as a stream. */
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import { MvccStore } from '../../../src/kv/store/mvcc-store.ts';
import type { MachineSnapshot } from '../../../src/ports/state-machine.ts';

export async function chunksOf(snapshot: MachineSnapshot): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of snapshot.chunks()) chunks.push(chunk);
  snapshot.release();
  return chunks;
}

export async function* streamOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export async function restored(
  chunks: Iterable<Uint8Array>,
  machine: KvStateMachine = new KvStateMachine(),
): Promise<KvStateMachine> {
  await machine.restore(streamOf(chunks));
  return machine;
}

/** Counts the keys that pages of the foundation look at, between two chunks. */
export class LooksPerStep {
  total = 0;
  most = 0;
  #step = 0;
  readonly #page = MvccStore.prototype.foundationPage;

  constructor() {
    const [page, count] = [this.#page, (looks: number) => this.#count(looks)];
    MvccStore.prototype.foundationPage = function counted(revision, from, looksMax) {
      count(looksMax);
      return page.call(this, revision, from, looksMax);
    };
  }

  next(): void {
    this.most = Math.max(this.most, this.#step);
    this.#step = 0;
  }

  end(): void {
    this.next();
    MvccStore.prototype.foundationPage = this.#page;
  }

  #count(looks: number): void {
    this.total += looks;
    this.#step += looks;
  }
}
