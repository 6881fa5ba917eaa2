/**
 * A fingerprint of all that the store can ever answer, for tests that compare replicas (KV12): the content
 * of a snapshot. It leaves out what compaction has made unreachable, whether freed yet or not. It walks
 * everything and guards against mistakes, not against malice.
 */
import { crc32 } from '../../core/bytes/checksum.ts';
import { writeAccessChange } from '../commands/access-changes.ts';
import { encoded } from '../commands/byte-writer.ts';
import { keyBytes } from '../keys/key-order.ts';
import type { KeyVersion } from '../keys/key-version.ts';
import type { MvccStore } from '../store/mvcc-store.ts';

/** Sixteen hexadecimal digits; equal for equal stores. */
export function stateDigest(store: MvccStore): string {
  const digest = new Digest();
  const { revision, compactedRevision, events, times } = store;
  digest.number(revision);
  digest.number(compactedRevision);
  for (const { timeMs, revision: at } of times.marks) {
    digest.number(timeMs);
    digest.number(at);
  }
  store.foundation((version) => digest.version(version));
  const from = events.positionOf(compactedRevision);
  for (let at = from; at < events.end; at += 1) digest.version(events.at(at));
  digest.number(store.leases.last);
  for (const { id, ttlMs, renewals } of store.leases.all()) {
    for (const number of [id, ttlMs, renewals]) digest.number(number);
  }
  const access = store.access.copy();
  digest.number(access.revision);
  digest.number(Number(access.isOn));
  for (const change of access.changes) digest.bytes(encoded(writeAccessChange, change));
  return digest.text();
}

/** Two 32-bit lanes, each multiplied by its own odd constant and folded after every number. */
class Digest {
  #left = 0x243f6a88;
  #right = 0x13198a2e;

  version(version: KeyVersion): void {
    this.bytes(keyBytes(version.key));
    this.number(version.createRevision);
    this.number(version.modRevision);
    this.number(version.version);
    this.number(version.lease);
    if (version.value !== null) this.bytes(version.value);
  }

  bytes(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.#word(crc32(bytes));
  }

  number(value: number): void {
    this.#word(value);
    this.#word(Math.floor(value / 2 ** 32));
  }

  text(): string {
    return hexadecimal(this.#left) + hexadecimal(this.#right);
  }

  #word(word: number): void {
    this.#left = folded(Math.imul(this.#left ^ word, 0x9e3779b1));
    this.#right = folded(Math.imul(this.#right + word, 0x85ebca6b));
  }
}

function folded(word: number): number {
  return word ^ (word >>> 15);
}

function hexadecimal(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
