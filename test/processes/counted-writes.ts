/**
 * Writers whose every put has to take effect exactly once, however often it is sent: the store counts the puts of a key
 * (`version`), and one watch over everything hears of each revision, once and in order. A write that fails is thrown.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type KvClient, RaftError, type WatchRevision } from '../../src/client/index.ts';
import { eventually } from './process-cluster.ts';

interface Writers {
  /** Each client has a session of its own. */
  readonly clients: number;
  /** At once, of each client, and all on its key. */
  readonly each: number;
}

/** Longer than any trouble of a test lasts, and the most that a client takes, in milliseconds. */
const PATIENCE_MS = 60_000;
/** After a refusal, in milliseconds. */
const PAUSE_MS = 5;

export class CountedWrites implements AsyncDisposable {
  readonly #clients: readonly KvClient[];
  readonly #writing: Promise<unknown>;
  readonly #watching: Promise<void>;
  readonly #watch: ReturnType<KvClient['watch']>;
  /** What was acknowledged, by the revision that it took. */
  readonly #acknowledged = new Map<number, string>();
  /** What the watch told, by revision. */
  readonly #told = new Map<number, string>();
  #acknowledgedMs: number | null = null;
  #longestPauseMs = 0;
  #refusals = 0;
  /** An empty store has revision 1. */
  #lastTold = 1;
  #isOver = false;

  /** The store is to be empty. */
  constructor(endpoints: readonly string[], { clients, each }: Writers) {
    const dial = (): KvClient => connect({ endpoints, timeoutMs: PATIENCE_MS });
    this.#clients = Array.from({ length: clients }, dial);
    const writers = this.#clients.flatMap((client, at) =>
      Array.from({ length: each }, (_, writer) => this.#write(client, `count/${at}`, writer)),
    );
    this.#writing = Promise.all(writers);
    // What fails is thrown where the end, or more, is awaited.
    this.#writing.catch(() => {});
    const [observer = dial()] = this.#clients;
    this.#watch = observer.watch({ prefix: '', from: 1 });
    this.#watching = this.#hear();
    this.#watching.catch(() => {});
  }

  /** The last revision that the watch has told of. */
  get told(): number {
    return this.#lastTold;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** The longest between two acknowledgements, whoever got them, since it was last asked for, in milliseconds. */
  takePauseMs(): number {
    const longest = this.#longestPauseMs;
    this.#longestPauseMs = 0;
    return longest;
  }

  /** Writes that were refused as never done, and done anew. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Resolves once so many more writes are acknowledged; a write, or the watch, that failed is thrown. */
  async more(writes = 20): Promise<void> {
    const enough = this.#acknowledged.size + writes;
    const isEnough = async (): Promise<boolean> => this.#acknowledged.size >= enough;
    const done = eventually(PATIENCE_MS, `${writes} more writes`, isEnough);
    await Promise.race([done, this.#failure()]);
  }

  /** Stops writing. A sentence for each write that was lost, or took effect twice, or that the watch did not tell. */
  async end(): Promise<readonly string[]> {
    this.#isOver = true;
    await this.#writing;
    const [client] = this.#clients;
    if (client === undefined) return [];
    const { kvs, revision } = await client.range({ prefix: 'count/' });
    const all = async (): Promise<boolean> => this.#lastTold >= revision;
    await Promise.race([eventually(PATIENCE_MS, `revision ${revision}`, all), this.#failure()]);
    this.#watch.close();
    await this.#watching;
    const held = new Map(kvs.map(({ key, version }) => [text(key), version]));
    return [...this.#faultsOf(held), ...this.#untold()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const client of this.#clients) await client.close();
  }

  async #write(client: KvClient, key: string, writer: number): Promise<void> {
    for (let count = 1; !this.#isOver; count += 1) {
      const value = `${writer}-${count}`;
      const revision = await this.#put(client, key, value);
      this.#note();
      const before = this.#acknowledged.get(revision);
      if (before !== undefined) throw new Error(`revision ${revision} was given to ${before} too`);
      this.#acknowledged.set(revision, `${key} ${value}`);
    }
  }

  /** What is refused as never done is done anew. */
  async #put(client: KvClient, key: string, value: string): Promise<number> {
    for (;;) {
      try {
        return (await client.put(key, value)).revision;
      } catch (error) {
        if (!(error instanceof RaftError) || error.retry !== 'safe') throw error;
        this.#refusals += 1;
        await pause(PAUSE_MS);
      }
    }
  }

  #note(): void {
    const now = performance.now();
    const pauseMs = now - (this.#acknowledgedMs ?? now);
    this.#longestPauseMs = Math.max(this.#longestPauseMs, pauseMs);
    this.#acknowledgedMs = now;
  }

  async #hear(): Promise<void> {
    for await (const told of this.#watch) {
      if (told.revision !== this.#lastTold + 1) {
        throw new Error(`the watch told ${told.revision} after ${this.#lastTold}`);
      }
      this.#lastTold = told.revision;
      this.#told.set(told.revision, sentenceOf(told));
    }
  }

  /** Never resolves. */
  async #failure(): Promise<void> {
    await Promise.all([this.#watching, this.#isOver ? null : this.#writing]);
    await new Promise(() => {});
  }

  #faultsOf(held: ReadonlyMap<string, number>): readonly string[] {
    return this.#clients.flatMap((_, at) => {
      const key = `count/${at}`;
      const acknowledged = [...this.#acknowledged.values()].filter((of) =>
        of.startsWith(`${key} `),
      );
      const version = held.get(key) ?? 0;
      if (version === acknowledged.length) return [];
      return [`${key} was put ${version} times, acknowledged were ${acknowledged.length}`];
    });
  }

  #untold(): readonly string[] {
    return [...this.#acknowledged].flatMap(([revision, written]) => {
      const told = this.#told.get(revision);
      return told === written ? [] : [`revision ${revision} is ${written}, the watch told ${told}`];
    });
  }
}

function sentenceOf({ events }: WatchRevision): string {
  return events
    .map((event) => `${text(event.key)} ${event.type === 'put' ? text(event.value) : 'deleted'}`)
    .join(', ');
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
