/** The sum of a snapshot that arrives chunk by chunk: how many, how long together, and one checksum over their checksums. */
import { crc32 } from '../../core/bytes/checksum.ts';
import type { StoredSnapshot } from '../../ports/snapshot-store.ts';

export type Sum = Pick<StoredSnapshot, 'bytes' | 'checksum' | 'chunkCount'>;

export class SnapshotSum {
  #checksums = new Uint32Array(64);
  #lengths = new Uint32Array(64);
  #count = 0;
  #bytes = 0;

  get chunkCount(): number {
    return this.#count;
  }

  add(bytes: number, checksum: number): void {
    if (this.#count === this.#checksums.length) {
      this.#checksums = grown(this.#checksums);
      this.#lengths = grown(this.#lengths);
    }
    this.#checksums[this.#count] = checksum;
    this.#lengths[this.#count] = bytes;
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** The next chunk is one of another snapshot. */
  addOf(other: SnapshotSum, place: number): void {
    this.add(other.#lengths[place] ?? 0, other.#checksums[place] ?? 0);
  }

  get total(): Sum {
    const list = new Uint8Array(this.#count * 4);
    const view = new DataView(list.buffer);
    for (let at = 0; at < this.#count; at += 1) {
      view.setUint32(at * 4, this.#checksums[at] ?? 0, true);
    }
    return { chunkCount: this.#count, bytes: this.#bytes, checksum: crc32(list) };
  }
}

function grown(list: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(list.length * 2);
  larger.set(list);
  return larger;
}

export function isSameSum(left: Sum, right: Sum): boolean {
  return (
    left.chunkCount === right.chunkCount &&
    left.bytes === right.bytes &&
    left.checksum === right.checksum
  );
}

/** The same snapshot of the same member: chunks of one are chunks of the other. */
export function isSameSnapshot(left: StoredSnapshot, right: StoredSnapshot): boolean {
  const [one, other] = [left.lastEntry, right.lastEntry];
  return one.index === other.index && one.term === other.term && isSameSum(left, right);
}
