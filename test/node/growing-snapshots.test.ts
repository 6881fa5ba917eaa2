/** Members whose machine says which chunks a snapshot has in common with the one before (SN5). */
import { expect, it } from 'vitest';
import type { MachineSnapshot, SharedChunk } from '../../src/ports/state-machine.ts';
import { VirtualCluster, type VirtualClusterOptions } from '../../src/testing/virtual-cluster.ts';
import { KeptList } from './kept-list.ts';

class GrowingList extends KeptList {
  /** Of each snapshot, how many chunks it has of the one before; `null`: it was asked for as a whole. */
  readonly taken: (number | null)[] = [];
  shares = true;
  /** The header has as many bytes more. */
  headerBytes = 0;

  override snapshot(): MachineSnapshot {
    const list = this;
    const count = this.applied.length;
    const { chunks, release } = super.snapshot();
    const whole = function* (): Generator<Uint8Array> {
      list.taken.push(null);
      yield* chunks() as Iterable<Uint8Array>;
    };
    const view = { count, chunks: whole, release };
    return { ...view, chunksFrom: (base) => this.#from(view, base, chunks) };
  }

  *#from(
    { count }: { readonly count: number },
    base: MachineSnapshot & { readonly count?: number },
    chunks: MachineSnapshot['chunks'],
  ): Generator<SharedChunk> {
    const shared = this.shares ? (base.count ?? 0) : 0;
    this.taken.push(shared);
    let place = 0;
    for (const chunk of chunks() as Iterable<Uint8Array>) {
      const isShared = place > 0 && place <= shared && place <= count;
      if (place === 0) yield Buffer.concat([chunk, Buffer.alloc(this.headerBytes)]);
      else yield isShared ? place : chunk;
      place += 1;
    }
  }
}

interface Stage {
  readonly cluster: VirtualCluster;
  readonly machine: () => GrowingList;
  readonly submit: (texts: readonly string[]) => Promise<void>;
  readonly take: () => Promise<void>;
}

async function stage(options: VirtualClusterOptions = {}): Promise<Stage> {
  const cluster = await VirtualCluster.start(1, { machine: () => new GrowingList(), ...options });
  await cluster.leader();
  const submit = async (texts: readonly string[]): Promise<void> => {
    for (const text of texts) await cluster.submit('n1', text);
  };
  const take = async (): Promise<void> => {
    let isTaken = false;
    cluster.member('n1').node.snapshot({ timeoutMs: 5_000 }, (outcome) => {
      expect(outcome.type).toBe('taken');
      isTaken = true;
    });
    await cluster.until('the snapshot', () => isTaken);
  };
  return { cluster, machine: () => cluster.member('n1').machine as GrowingList, submit, take };
}

it('[SN5] a machine is told of the newest snapshot if it gave it itself, and its state is whole after a start', async () => {
  const { cluster, machine, submit, take } = await stage();
  await submit(['a', 'b']);
  await take();
  await submit(['c']);
  await take();
  await submit(['d']);
  await take();
  expect(machine().taken).toEqual([null, 2, 3]);
  await Promise.all([cluster.member('n1').node.close(), cluster.pass(3_000)]);
  await cluster.boot('n1');
  await cluster.leader();
  expect(machine().applied).toEqual(['a', 'b', 'c', 'd']);
  expect(machine().given).toEqual([]);
  await submit(['e']);
  await take();
  await submit(['f']);
  await take();
  expect(machine().taken).toEqual([null, 5]);
});

const LARGE = 'a large one that outweighs many of the others '.repeat(200);
const AFTER_FIVE = { entries: 5, growth: 1 };
const some = (count: number): readonly string[] => Array.from({ length: count }, () => 'some');
/** For as long as it takes to see that none is taken. */
const MOMENT_MS = 1_000;

it('[SH1] [SN5] what the next snapshot need not write again is not waited for, as long as it is shared', async () => {
  const { cluster, machine, submit } = await stage({
    adapt: (options) => ({ ...options, snapshots: AFTER_FIVE }),
  });
  await submit([LARGE, ...some(4)]);
  await cluster.until('the first', () => machine().taken.length === 1);
  await submit(some(5));
  await cluster.until('the second', () => machine().taken.length === 2);
  machine().shares = false;
  await submit(some(5));
  await cluster.until('the third', () => machine().taken.length === 3);
  await cluster.pass(MOMENT_MS);
  await submit(some(20));
  await cluster.pass(MOMENT_MS);
  expect(machine().taken).toEqual([null, 4, 0]);
});

it('[SH1] [SN5] what comes before the chunks that are shared, and the last, will be written again', async () => {
  const { cluster, machine, submit, take } = await stage({
    adapt: (options) => ({ ...options, snapshots: AFTER_FIVE }),
  });
  const expectNoneAfterMore = async (): Promise<void> => {
    const taken = [...machine().taken];
    await submit(some(20));
    await cluster.pass(MOMENT_MS);
    expect(machine().taken).toEqual(taken);
  };
  await submit([LARGE]);
  await take();
  await expectNoneAfterMore();
  machine().headerBytes = LARGE.length;
  await submit(['some']);
  await take();
  await expectNoneAfterMore();
});

it('[SH1] a machine that shares nothing will write all of it again', async () => {
  const { cluster, submit, take } = await stage({
    machine: () => new KeptList(),
    adapt: (options) => ({ ...options, snapshots: AFTER_FIVE }),
  });
  const { store } = cluster.member('n1');
  await submit([LARGE, 'some']);
  await take();
  const index = store.snapshots.newest?.lastEntry.index;
  expect(index).toBeGreaterThan(2);
  await submit(some(20));
  await cluster.pass(MOMENT_MS);
  expect(store.snapshots.newest?.lastEntry.index).toBe(index);
});
