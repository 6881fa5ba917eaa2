/** Keys and values gathered into transactions, in their order (CL42). */
import { TXN_OPERATIONS_MAX } from '../../kv/limits.ts';
import { IMPORT_BATCH_BYTES_MAX } from '../limits.ts';
import { type Pair, pairIn } from './key-value-line.ts';
import type { Line } from './lines.ts';

interface LinePut extends Pair {
  readonly line: number;
}

export interface Batch {
  readonly puts: readonly LinePut[];
  /** Those of the puts, as text, and what keys and values amount to. */
  readonly keys: ReadonlySet<string>;
  readonly bytes: number;
  /** How many bytes of the input there are through its last line. */
  readonly endsAt: number;
}

/** What comes before a line that is none, or before the end of a stream that breaks, is a batch as well. */
export async function* batchesOf(
  lines: AsyncIterable<Line>,
  fromLine: number,
): AsyncGenerator<Batch> {
  const gathered = new Gathering();
  try {
    for await (const line of lines) {
      const pair = line.number < fromLine ? null : pairIn(line);
      if (pair === null) continue;
      if (!gathered.takes(pair)) yield gathered.cut();
      gathered.add({ ...pair, line: line.number }, line.endsAt);
    }
  } catch (error) {
    if (!gathered.isEmpty) yield gathered.cut();
    throw error;
  }
  if (!gathered.isEmpty) yield gathered.cut();
}

class Gathering {
  #puts: LinePut[] = [];
  #keys = new Set<string>();
  #bytes = 0;
  #endsAt = 0;

  get isEmpty(): boolean {
    return this.#puts.length === 0;
  }

  /** A transaction writes no key twice; one pair is taken however large it is. */
  takes({ key, value }: Pair): boolean {
    if (this.isEmpty) return true;
    if (this.#puts.length === TXN_OPERATIONS_MAX || this.#keys.has(nameOf(key))) return false;
    return this.#bytes + key.length + value.length <= IMPORT_BATCH_BYTES_MAX;
  }

  add(put: LinePut, endsAt: number): void {
    this.#puts.push(put);
    this.#keys.add(nameOf(put.key));
    this.#bytes += put.key.length + put.value.length;
    this.#endsAt = endsAt;
  }

  cut(): Batch {
    const batch = {
      puts: this.#puts,
      keys: this.#keys,
      bytes: this.#bytes,
      endsAt: this.#endsAt,
    };
    this.#puts = [];
    this.#keys = new Set();
    this.#bytes = 0;
    return batch;
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
