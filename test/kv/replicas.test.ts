/** Replicas that apply the same log are the same, whatever their batches and their clean-up were. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import { command } from './arbitraries.ts';
import { apply, committed, put, remove } from './committed.ts';
import { isMalformed } from './naive-store.ts';

const commands = fc
  .array(command, { maxLength: 40 })
  .map((all) => all.filter((one) => !isMalformed(one)).map(encodeCommand));

function replay(
  machine: KvStateMachine,
  log: readonly Uint8Array[],
  batchSizes: readonly number[],
): unknown[] {
  const results: unknown[] = [];
  let from = 0;
  for (const size of [...batchSizes, log.length]) {
    results.push(...machine.apply(committed(log.slice(from, from + size))));
    from += size;
  }
  return results;
}

describe('replicas', () => {
  it('[KV12] equal logs give equal results and equal stores, however they are batched', () => {
    fc.assert(
      fc.property(commands, fc.array(fc.nat({ max: 7 }), { maxLength: 12 }), (log, sizes) => {
        const one = new KvStateMachine({ pruneStepsMax: 0, blockKeysMax: 2 });
        const other = new KvStateMachine();
        expect(replay(one, log, sizes)).toEqual(replay(other, log, []));
        expect(one.stateHash()).toBe(other.stateHash());
      }),
      { numRuns: 600 },
    );
  });

  it('[KV12] the digest tells stores apart by any single thing that can be read', () => {
    const a = put('a');
    const stores = [
      [],
      [a],
      [a, a],
      [put('a', 'w')],
      [put('a', '')],
      [put('b')],
      [a, remove('a')],
      [a, { type: 'compact', revision: 2 } as const],
      [a, a, { type: 'compact', revision: 2 } as const],
      [a, a, { type: 'compact', revision: 3 } as const],
    ].map((all) => {
      const machine = new KvStateMachine();
      apply(machine, ...all);
      return machine.stateHash();
    });
    expect(new Set(stores).size).toBe(stores.length);
  });
});
