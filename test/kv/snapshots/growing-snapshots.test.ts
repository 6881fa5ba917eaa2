/** Snapshots of the store that have chunks of the one before (KV28): restored, they are the store; alone, and behind the table of sessions. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { index, term } from '../../../src/core/types.ts';
import { encodeCommand } from '../../../src/kv/commands/command-codec.ts';
import type { KvCommand } from '../../../src/kv/commands/commands.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import type { MachineSnapshot, StateMachine } from '../../../src/ports/state-machine.ts';
import { SessionMachine } from '../../../src/sessions/session-machine.ts';
import { restored, streamOf } from './snapshots-by-hand.ts';

const key = (name: string): Uint8Array => new TextEncoder().encode(name);

interface Written {
  readonly view: MachineSnapshot;
  readonly chunks: readonly Uint8Array[];
  readonly shared: number;
}

/** Takes one, out of another if there is one, and lets it go. */
async function take(machine: StateMachine, base: Written | null): Promise<Written> {
  const view = machine.snapshot?.() ?? expect.fail('it takes snapshots');
  const given = base === null ? view.chunks() : view.chunksFrom?.(base.view);
  const chunks: Uint8Array[] = [];
  let shared = 0;
  for await (const chunk of given ?? expect.fail('it shares chunks')) {
    shared += typeof chunk === 'number' ? 1 : 0;
    const bytes = typeof chunk === 'number' ? base?.chunks[chunk] : chunk;
    chunks.push(bytes ?? expect.fail('it is a chunk of the base'));
  }
  view.release();
  return { view, chunks, shared };
}

class Writer {
  #last = 0;
  readonly #machine: KvStateMachine | SessionMachine;

  constructor(machine: KvStateMachine | SessionMachine) {
    this.#machine = machine;
  }

  async apply(...commands: readonly KvCommand[]): Promise<void> {
    for (const command of commands) {
      this.#last += 1;
      const place = { index: index(this.#last), term: term(1), timeMs: this.#last };
      const entry = { ...place, data: encodeCommand(command), wantsResult: false };
      await this.#machine.apply([{ ...entry, isOfSession: false }], () => false);
    }
  }

  put(name: string, bytes = 5): Promise<void> {
    return this.apply({ type: 'put', key: key(name), value: new Uint8Array(bytes).fill(7) });
  }
}

it('[KV28] [SN5] a snapshot has the chunks of the one before but for its first and its last, until a compaction', async () => {
  const machine = new KvStateMachine({ snapshotItemsMax: 10 });
  const writer = new Writer(machine);
  for (let at = 0; at < 95; at += 1) await writer.put(`k${at % 30}`);
  const first = await take(machine, null);
  // The header, and ten steps of at most ten events.
  expect(first.chunks).toHaveLength(11);
  await writer.put('more');
  const second = await take(machine, first);
  expect(second.shared).toBe(first.chunks.length - 2);
  expect((await restored(second.chunks)).stateHash()).toBe(machine.stateHash());
  await writer.apply({ type: 'compact', revision: 40 });
  const third = await take(machine, second);
  expect(third.shared).toBe(0);
  for (let at = 0; at < 40; at += 1) await writer.put(`new ${at}`);
  const fourth = await take(machine, third);
  expect(fourth.shared).toBe(third.chunks.length - 2);
  expect((await restored(fourth.chunks)).stateHash()).toBe(machine.stateHash());
});

it('[KV28] a restored store shares nothing with what was before it, nor one store with another', async () => {
  const [machine, other] = [0, 1].map(() => new KvStateMachine({ snapshotItemsMax: 2 }));
  if (machine === undefined || other === undefined) return;
  for (const each of [machine, other]) {
    const writer = new Writer(each);
    for (let at = 0; at < 9; at += 1) await writer.put(`k${at}`, each === other ? 6 : 5);
  }
  const [first, theirs] = [await take(machine, null), await take(other, null)];
  expect((await take(machine, theirs)).shared).toBe(0);
  await machine.restore(streamOf(theirs.chunks));
  const after = await take(machine, first);
  expect(after.shared).toBe(0);
  expect((await restored(after.chunks)).stateHash()).toBe(other.stateHash());
});

const aValue = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(250_000, 600_000));
const anAct = fc.oneof(
  { weight: 12, arbitrary: fc.record({ name: fc.nat({ max: 9 }), bytes: aValue }) },
  { weight: 2, arbitrary: fc.record({ gone: fc.nat({ max: 9 }) }) },
  { weight: 4, arbitrary: fc.constant('snapshot' as const) },
  { weight: 1, arbitrary: fc.constant('compact' as const) },
);

it('[KV28] [KV26] whatever is written between them, each is the store, with sessions in front and without', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anAct, { maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      async (acts, snapshotItemsMax, isWrapped) => {
        const store = new KvStateMachine({ snapshotItemsMax });
        const machine = isWrapped ? new SessionMachine(store) : store;
        const writer = new Writer(machine);
        let base: Written | null = null;
        for (const act of [...acts, 'snapshot' as const]) {
          if (act === 'compact') {
            if (store.revision > store.compactedRevision)
              await writer.apply({ type: 'compact', revision: store.revision });
          } else if (act === 'snapshot') {
            base = await take(machine, base);
            const copy = new KvStateMachine();
            const replica = isWrapped ? new SessionMachine(copy) : copy;
            await replica.restore(streamOf(base.chunks));
            expect(copy.stateHash()).toBe(store.stateHash());
          } else if ('gone' in act) {
            await writer.apply({ type: 'delete', key: key(`k${act.gone}`) });
          } else {
            await writer.put(`k${act.name}`, act.bytes);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});
