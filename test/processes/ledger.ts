/**
 * What was written in one cluster and what of it was acknowledged. Each writer puts ascending numbers under a key of
 * its own, with bytes that follow from key and number, so that a lost, an older and a wrong value are told apart.
 * After an unknown outcome the writer takes a new key: a late write must not look like a lost one.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type KvClient, RaftError } from '../../src/client/index.ts';

/** The numbers that a key was given, and may hold. */
interface Track {
  readonly key: string;
  acknowledged: number;
  attempted: number;
}

/** `latest`: nothing acknowledged may be missing. `past`: any earlier moment will do. */
type Freshness = 'latest' | 'past';

export interface Reading {
  readonly consistency: 'linearizable' | 'local';
  readonly freshness: Freshness;
}

interface Burst {
  readonly writers: number;
  /** Puts of each writer, one after the other. */
  readonly each: number;
  /** Values of 256 KiB instead of some hundred bytes. */
  readonly isBulk?: boolean;
}

/** One put is tried again no sooner than this after a refusal, in milliseconds. */
const RETRY_PAUSE_MS = 5;
/** Bound: a put that is refused for so long fails the burst, in milliseconds. */
const PATIENCE_MS = 30_000;
const BULK = 'bulk/';
const BULK_BYTES = 256 * 1024;

export class Ledger {
  /** Its own, so that several may write in one cluster. */
  readonly #prefix = `${randomUUID()}/`;
  readonly #tracks: Track[] = [];
  readonly #writing = new Map<string, Track>();
  #acknowledged = 0;

  /** Writes acknowledged so far. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Rejects if a put is refused for too long. */
  async burst(
    endpoints: readonly string[],
    { writers, each, isBulk = false }: Burst,
  ): Promise<void> {
    await using client = connect({ endpoints, timeoutMs: 5_000 });
    const prefix = isBulk ? BULK : '';
    const write = async (writer: string): Promise<void> => {
      for (let count = 0; count < each; count += 1) await this.#put(client, writer);
    };
    await Promise.all(Array.from({ length: writers }, (_, at) => write(`${prefix}${at}`)));
  }

  /** Puts the writer's next number, once. `null`: it is acknowledged; otherwise why it is not, after a pause if refused. */
  async attempt(client: KvClient, writer: string): Promise<RaftError | null> {
    const track = this.#trackOf(writer);
    track.attempted = track.acknowledged + 1;
    try {
      await client.put(track.key, contentFor(track.key, track.attempted));
      track.acknowledged = track.attempted;
      this.#acknowledged += 1;
      return null;
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      if (error.retry === 'outcomeUnknown') this.#writing.delete(writer);
      else await pause(RETRY_PAUSE_MS);
      return error;
    }
  }

  /** Reads everything there; a sentence for each key that does not hold what it should. */
  async faultsAt(
    endpoints: readonly string[],
    { consistency, freshness }: Reading,
  ): Promise<readonly string[]> {
    await using client = connect({ endpoints, timeoutMs: 15_000 });
    const held = new Map<string, Uint8Array>();
    let start = this.#prefix;
    let isMore = true;
    while (isMore) {
      const page = await client.range({ prefix: this.#prefix, start, consistency });
      for (const { key, value } of page.kvs) held.set(text(key), value);
      start = `${[...held.keys()].at(-1)}\0`;
      isMore = page.more;
    }
    return this.#faultsIn(held, freshness);
  }

  /** Until it is acknowledged or nobody knows. */
  async #put(client: KvClient, writer: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const error = await this.attempt(client, writer);
      if (error === null || error.retry === 'outcomeUnknown') return;
      if (performance.now() > deadline) throw error;
    }
  }

  #faultsIn(held: ReadonlyMap<string, Uint8Array>, freshness: Freshness): readonly string[] {
    const known = new Set(this.#tracks.map(({ key }) => key));
    const strangers = [...held.keys()].filter((key) => !known.has(key));
    return [
      ...strangers.map((key) => `${key} was never written`),
      ...this.#tracks.flatMap((track) => faultOf(track, held.get(track.key), freshness) ?? []),
    ];
  }

  #trackOf(writer: string): Track {
    const current = this.#writing.get(writer);
    if (current !== undefined) return current;
    const track: Track = {
      key: `${this.#prefix}${writer}-${this.#tracks.length}`,
      acknowledged: 0,
      attempted: 0,
    };
    this.#tracks.push(track);
    this.#writing.set(writer, track);
    return track;
  }
}

/** What is wrong with the value under a key, in a sentence; `null` if nothing is. */
export function faultOf(
  { key, acknowledged, attempted }: Readonly<Track>,
  value: Uint8Array | undefined,
  freshness: Freshness,
): string | null {
  const held = value === undefined ? 0 : Number(/^\d+/.exec(text(value.subarray(0, 20))));
  const least = freshness === 'latest' ? acknowledged : 0;
  const isInside = held >= least && held <= attempted;
  if (!isInside)
    return `${key} holds ${held}, acknowledged ${acknowledged}, attempted ${attempted}`;
  if (value === undefined || Buffer.compare(value, contentFor(key, held)) === 0) return null;
  return `${key} holds wrong bytes under number ${held}`;
}

/** The number, and bytes that belong to this key and number alone. */
export function contentFor(key: string, number: number): Uint8Array {
  const head = `${number} ${key} `;
  const length = key.includes(BULK) ? BULK_BYTES : 100 + ((number * 37) % 700);
  return new TextEncoder().encode(head.repeat(Math.ceil(length / head.length)));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
