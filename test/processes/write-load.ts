/**
 * Writers that never stop: each owns its keys and writes ascending numbers to them, and remembers the last one
 * acknowledged and the last one attempted. What a key holds in the end must lie between the two.
 */
import { connect, type KvClient, RaftError } from '../../src/client/index.ts';

interface Track {
  acknowledged: number;
  attempted: number;
}

interface LoadReport {
  readonly acknowledged: number;
  readonly unknown: number;
  readonly refused: number;
}

/** One put is retried no sooner than this after a failure, in milliseconds. */
const RETRY_PAUSE_MS = 2;
/** Longer than any election: without an acknowledgement for so long the cluster is stuck. */
const PATIENCE_MS = 20_000;

export class WriteLoad {
  readonly #client: KvClient;
  readonly #tracks: readonly Track[];
  readonly #writers: readonly Promise<void>[];
  readonly #count = { acknowledged: 0, unknown: 0, refused: 0 };
  #isStopped = false;
  #lastAcknowledgedAt = 0;
  #heard: (() => void)[] = [];

  constructor(endpoints: readonly string[], writers: number) {
    this.#client = connect({ endpoints: [...endpoints], timeoutMs: 2_000 });
    this.#tracks = Array.from({ length: writers }, () => ({ acknowledged: 0, attempted: 0 }));
    this.#writers = this.#tracks.map((track, writer) => this.#write(writer, track));
  }

  get report(): LoadReport {
    return { ...this.#count };
  }

  /** Resolves with the time of the first acknowledgement of a write that was begun after this call. */
  async nextAcknowledgement(): Promise<number> {
    const begun = performance.now();
    const { promise, stop } = patience();
    try {
      while (this.#lastAcknowledgedAt < begun) {
        await Promise.race([promise, new Promise<void>((heard) => this.#heard.push(heard))]);
      }
      return this.#lastAcknowledgedAt;
    } finally {
      stop();
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#writers);
    await this.#client.close();
  }

  /** Reads every key, linearizably; returns a sentence for each that lost an acknowledged write. */
  async verify(endpoints: readonly string[]): Promise<readonly string[]> {
    const client = connect({ endpoints: [...endpoints], timeoutMs: 10_000 });
    try {
      const answers = await Promise.all(this.#tracks.map((_, writer) => client.get(keyOf(writer))));
      return answers.flatMap((answer, writer) => {
        const { acknowledged, attempted } = this.#tracks[writer] as Track;
        const held = answer === null ? 0 : Number(new TextDecoder().decode(answer.value));
        if (held >= acknowledged && held <= attempted) return [];
        return [
          `${keyOf(writer)} holds ${held}, acknowledged ${acknowledged}, attempted ${attempted}`,
        ];
      });
    } finally {
      await client.close();
    }
  }

  async #write(writer: number, track: Track): Promise<void> {
    while (!this.#isStopped) {
      track.attempted += 1;
      const number = track.attempted;
      const begun = performance.now();
      try {
        await this.#client.put(keyOf(writer), String(number));
        track.acknowledged = number;
        this.#count.acknowledged += 1;
        this.#lastAcknowledgedAt = Math.max(this.#lastAcknowledgedAt, begun);
        for (const heard of this.#heard.splice(0)) heard();
      } catch (error) {
        if (!(error instanceof RaftError)) throw error;
        if (error.retry === 'outcomeUnknown') this.#count.unknown += 1;
        else this.#count.refused += 1;
        await new Promise((next) => setTimeout(next, RETRY_PAUSE_MS));
      }
    }
  }
}

/** Rejects after `PATIENCE_MS`, unless stopped. */
function patience(): { readonly promise: Promise<never>; readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    const error = new Error(`no write was acknowledged within ${PATIENCE_MS} ms`);
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  promise.catch(() => {});
  return { promise, stop: () => clearTimeout(timer) };
}

function keyOf(writer: number): string {
  return `writer/${writer}`;
}
