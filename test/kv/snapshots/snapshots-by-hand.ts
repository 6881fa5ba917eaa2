/** Snapshots by hand: taken whole, and given back as a stream. */
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
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
