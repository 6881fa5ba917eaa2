/**
 * The state machine of a cluster of one's own: keys and their values, and nothing else. The key-value store of the package
 * is ten times as large, and what it does besides is not to be seen here. Without snapshots: the log is kept whole.
 */
import type { CommittedCommand, StateMachine } from '../../../src/ports/state-machine.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodePut(key: string, value: string): Uint8Array {
  return encoder.encode(JSON.stringify([key, value]));
}

export class KeptKeys implements StateMachine {
  readonly #values = new Map<string, string>();

  /** Answers each write with how many keys there are then. */
  apply(batch: readonly CommittedCommand[]): readonly number[] {
    return batch.map(({ data }) => {
      const [key, value]: readonly [string, string] = JSON.parse(decoder.decode(data));
      return this.#values.set(key, value).size;
    });
  }
}
