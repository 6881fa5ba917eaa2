/** Puts of distinct keys, so many at once, and how long each took. */
import { connect } from '../../../src/client/index.ts';
import { quantile } from '../../processes/quantile.ts';
import { progressOf } from './screen-line.ts';

const IN_FLIGHT = 256;
/** Through an election or two, on a busy machine. */
const PATIENCE_MS = 60_000;

export interface Keys {
  readonly prefix: string;
  readonly count: number;
  readonly valueBytes: number;
}

/** Rejects with the first put that fails. Returns how long each took, in milliseconds. */
export async function writeKeys(
  endpoints: readonly string[],
  { count, prefix, valueBytes }: Keys,
): Promise<readonly number[]> {
  await using client = connect({ endpoints: [...endpoints], timeoutMs: PATIENCE_MS });
  const value = new Uint8Array(valueBytes).fill(0x61);
  const progress = progressOf(`keys ${prefix}`, count);
  const latencies: number[] = [];
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < count) {
      const key = keyAt(prefix, next);
      next += 1;
      const begun = performance.now();
      await client.put(key, value);
      latencies.push(performance.now() - begun);
      progress(latencies.length);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, write));
  return latencies;
}

export function keyAt(prefix: string, place: number): string {
  return `${prefix}/${place}`;
}

export function latenciesOf(
  all: readonly number[],
): readonly [p50: number, p99: number, worst: number] {
  return [quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1)];
}
