/**
 * What every `LogStore` has to do, as tests: an implementation proves itself by running this suite.
 * Rules ST1–ST5, ST9, ST12–ST14 of docs/SPEC.md; it does not look at what only a disk can get wrong.
 */
import { InvariantViolation } from '../../core/assert.ts';
import { index } from '../../core/types.ts';
import type { LogOperation } from '../../ports/log-store.ts';
import {
  append,
  EVERYTHING,
  hard,
  noteCommitted,
  outcome,
  peer,
  run,
  texts,
  truncate,
  write,
} from './log-operations.ts';
import { identityTests, ownerAndPeerTests } from './log-store-identity.ts';
import { membershipTests } from './membership-contract.ts';
import { type StoreHarness, type StorePlace, storeHarness } from './store-harness.ts';
import type { TestFramework } from './test-framework.ts';

export interface LogStoreContract {
  /** As the tests are to call the store. */
  readonly name: string;
  /** One place for each test, new and empty. */
  create(): Promise<StorePlace>;
}

/**
 * Registers the tests that a `LogStore` has to pass, under one `describe`. They close every store and dispose of every
 * place that they took.
 */
export function logStoreContract(
  { name, create }: LogStoreContract,
  framework: TestFramework,
): void {
  const { describe } = framework;
  describe(`${name} as a log store`, () => {
    const harness = storeHarness(create, framework);
    describe('writing', () => writingTests(harness));
    describe('the log', () => logTests(harness));
    describe('hard state', () => hardStateTests(harness));
    describe('what is committed', () => committedTests(harness));
    describe('reading', () => readingTests(harness));
    describe('identity', () => identityTests(harness));
    describe('membership', () => membershipTests(harness));
    describe('owner and peers', () => ownerAndPeerTests(harness));
    describe('failing', () => failureTests(harness));
  });
}

function writingTests({ it, expect, stored }: StoreHarness): void {
  it('[ST1] calls back once, with null, and never during the call', async () => {
    const { store } = await stored();
    const calls: (Error | null)[] = [];
    await new Promise<void>((resolve) => {
      store.write([hard(1), append(run(1, 1, ['a']))], (error) => {
        calls.push(error);
        resolve();
      });
      expect(calls).toEqual([]);
    });
    await store.close();
    expect(calls).toEqual([null]);
  });

  it('[ST1] performs hard state, truncation and append of one write in order', async () => {
    const { store, restart } = await stored([hard(1), append(run(1, 1, ['a', 'b', 'c']))]);
    await write(store, [
      hard(2, 'n2'),
      truncate(2),
      append(run(2, 2, ['x']), run(2, 3, ['y', 'z'])),
    ]);
    const { store: again, recovered } = await restart();
    expect(recovered.hardState).toEqual({ term: 2, votedFor: 'n2' });
    expect(recovered.log.termRuns).toEqual([
      { term: 1, firstIndex: 1 },
      { term: 2, firstIndex: 2 },
    ]);
    expect(await texts(again, 1, 4)).toEqual(['1:a', '2:x', '2:y', '2:z']);
  });

  it('[ST1] performs operations in any order: what a write appends it may truncate again', async () => {
    const { store, restart } = await stored([hard(1), append(run(1, 1, ['a', 'b', 'c']))]);
    await write(store, [
      append(run(1, 4, ['d', 'e', 'f']), run(1, 7, ['g'])),
      truncate(6),
      append(run(1, 6, ['F'])),
      truncate(3),
      append(run(2, 3, ['C', 'D']), run(2, 5, ['E'])),
      truncate(5),
      hard(2),
    ]);
    const { store: again } = await restart();
    expect(await texts(again, 1, 4)).toEqual(['1:a', '1:b', '2:C', '2:D']);
  });

  it('[ST1] allows the next write in the callback, and no second one before', async () => {
    const { store } = await stored([hard(1)]);
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      store.write([append(run(1, 1, ['a']))], () => {
        order.push('first');
        store.write([append(run(1, 2, ['b']))], () => {
          order.push('second');
          resolve();
        });
      });
      const early = (): void => store.write([hard(2)], () => order.push('early'));
      expect(early).toThrow(InvariantViolation);
    });
    expect(order).toEqual(['first', 'second']);
    expect(await texts(store, 1, 2)).toEqual(['1:a', '1:b']);
  });

  it('[ST1] keeps everything written over a close that finds a write under way', async () => {
    const { store, restart } = await stored([hard(1)]);
    const written = write(store, [append(run(1, 1, ['a', 'b']))]);
    const { recovered } = await restart();
    await written;
    expect(recovered.log.lastIndex).toBe(2);
  });
}

function logTests({ it, expect, stored }: StoreHarness): void {
  it('[ST2] keeps the bytes of a run as they came in', async () => {
    const first = run(1, 1, ['a', 'b']);
    const second = run(1, 3, ['c']);
    const { restart } = await stored([hard(1), append(first, second)]);
    const { store } = await restart();
    const runs = await store.read({ from: index(1), through: index(3), bytesMax: EVERYTHING });
    expect(runs).toEqual([first, second]);
  });

  const misfits: Readonly<Record<string, readonly LogOperation[]>> = {
    'a gap': [append(run(1, 4, ['d']))],
    'an overlap': [append(run(1, 2, ['B']))],
    'a gap between two runs': [append(run(1, 3, ['c']), run(1, 5, ['e']))],
    'a falling term': [hard(2), append(run(2, 3, ['c']), run(1, 4, ['d']))],
    "a term above the hard state's": [append(run(2, 3, ['c']))],
    'the compaction base': [truncate(0)],
  };
  for (const [misfit, operations] of Object.entries(misfits)) {
    it(`[ST3] refuses to append ${misfit}, and nothing is written`, async () => {
      const { store, restart } = await stored([hard(1), append(run(1, 1, ['a', 'b']))]);
      expect(() => store.write(operations, () => {})).toThrow(InvariantViolation);
      await write(store, [append(run(1, 3, ['c']))]);
      const { store: again, recovered } = await restart();
      expect(recovered.log.lastIndex).toBe(3);
      expect(await texts(again, 1, 3)).toEqual(['1:a', '1:b', '1:c']);
    });
  }

  for (const from of [1, 2, 3, 4, 5, 7, 9]) {
    it(`[ST3] truncates from ${from}, and keeps the head of a run cut in the middle`, async () => {
      const log = [run(1, 1, ['a', 'b']), run(1, 3, ['c']), run(2, 4, ['d', 'e', 'f'])];
      const kept = ['1:a', '1:b', '1:c', '2:d', '2:e', '2:f'].slice(0, from - 1);
      const { store, restart } = await stored([hard(3), append(...log)], [truncate(from)]);
      const end = kept.length;
      expect(await texts(store, 1, end)).toEqual(kept);
      await write(store, [append(run(3, end + 1, ['X', 'Y']))]);
      const { store: again, recovered } = await restart();
      expect(recovered.log.lastIndex).toBe(end + 2);
      expect(await texts(again, 1, end + 2)).toEqual([...kept, '3:X', '3:Y']);
    });
  }
}

function hardStateTests({ it, expect, stored }: StoreHarness): void {
  it('[ST4] keeps term and vote over restarts', async () => {
    const { store, restart } = await stored([hard(3, 'n2')]);
    await write(store, [hard(4)]);
    await write(store, [hard(4, 'n1')]);
    const { recovered } = await restart();
    expect(recovered.hardState).toEqual({ term: 4, votedFor: 'n1' });
  });

  const contradictions = {
    'a falling term': hard(2, 'n2'),
    'another vote in the term': hard(3, 'n1'),
    'a vote taken back': hard(3),
  };
  for (const [contradiction, operation] of Object.entries(contradictions)) {
    it(`[ST4] refuses ${contradiction}, and nothing is written`, async () => {
      const { store, restart } = await stored([hard(3, 'n2')]);
      expect(() => store.write([operation], () => {})).toThrow(InvariantViolation);
      const { recovered } = await restart();
      expect(recovered.hardState).toEqual({ term: 3, votedFor: 'n2' });
    });
  }
}

function committedTests({ it, expect, stored }: StoreHarness): void {
  const log = [hard(2), append(run(1, 1, ['a', 'b']), run(2, 3, ['c']))];

  it('[ST19] hands out at a start what was known to be committed, which never falls', async () => {
    const { store, restart } = await stored([...log, noteCommitted(2)]);
    await write(store, [noteCommitted(1), truncate(3)]);
    await write(store, [append(run(2, 3, ['C']))]);
    const { recovered } = await restart();
    expect(recovered.commitIndex).toBe(2);
  });

  it('[ST19] of what is said to be committed only that counts which the write leaves in the log', async () => {
    const { store, restart } = await stored([noteCommitted(7), ...log]);
    const { store: again, recovered } = await restart();
    expect(recovered.commitIndex).toBe(3);
    await write(again, [append(run(2, 4, ['d']))]);
    await again.close();
    await store.close();
    expect(recovered.log.lastIndex).toBe(3);
  });

  it('[ST19] refuses to truncate what is known to be committed, and nothing is written', async () => {
    const { store, restart } = await stored([...log, noteCommitted(2)]);
    for (const from of [1, 2]) {
      expect(() => store.write([truncate(from)], () => {})).toThrow(InvariantViolation);
    }
    const { recovered } = await restart();
    expect(recovered.log.lastIndex).toBe(3);
  });
}

function readingTests({ it, expect, stored }: StoreHarness): void {
  const log = [
    run(1, 1, ['a', 'b', 'c']),
    run(1, 4, ['d']),
    run(2, 5, ['e', 'f']),
    run(2, 7, ['g']),
  ];
  const all = ['1:a', '1:b', '1:c', '1:d', '2:e', '2:f', '2:g'];

  it('[ST12] reads any range, trimmed at both ends', async () => {
    const { store } = await stored([hard(2), append(...log)]);
    for (let from = 1; from <= all.length; from += 1) {
      for (let through = from; through <= all.length; through += 1) {
        expect(await texts(store, from, through)).toEqual(all.slice(from - 1, through));
      }
    }
  });

  it('[ST12] returns whole runs as long as they fit, and at least one', async () => {
    const { store } = await stored([hard(2), append(...log)]);
    const counts = async (bytesMax: number): Promise<number> => {
      const runs = await store.read({ from: index(1), through: index(7), bytesMax });
      return runs.length;
    };
    const [first, second] = log.map(({ bytes }) => bytes.length);
    const two = (first ?? 0) + (second ?? 0);
    expect(await counts(0)).toBe(1);
    expect(await counts(two - 1)).toBe(1);
    expect(await counts(two)).toBe(2);
    expect(await counts(EVERYTHING)).toBe(4);
  });

  it('[ST12] rejects what is not in the log, and goes on', async () => {
    const { store } = await stored([hard(2), append(...log)]);
    const read = (from: number, through: number): Promise<unknown> =>
      store.read({ from: index(from), through: index(through), bytesMax: EVERYTHING });
    await expect(read(7, 8)).rejects.toMatchObject({ code: 'RAFT_OVERWRITTEN' });
    await expect(read(0, 1)).rejects.toMatchObject({ code: 'RAFT_COMPACTED' });
    expect(await texts(store, 7, 7)).toEqual(['2:g']);
  });

  it('[ST12] a read sees the log before a truncation or after it, never half of it', async () => {
    const { store } = await stored([hard(3), append(...log)]);
    const before = texts(store, 1, 7);
    const cut = write(store, [truncate(3), append(run(3, 3, ['C', 'D', 'E', 'F', 'G']))]);
    const during = texts(store, 1, 7);
    await cut;
    const after = ['1:a', '1:b', '3:C', '3:D', '3:E', '3:F', '3:G'];
    expect(await before).toEqual(all);
    expect([all, after]).toContainEqual(await during);
    expect(await texts(store, 1, 7)).toEqual(after);
  });
}

function failureTests({ it, expect, stored }: StoreHarness): void {
  it('[ST9] a failed write calls back with an error once, and nothing works after it', async () => {
    const { place, store } = await stored([hard(1), append(run(1, 1, ['a']))]);
    place.breakDisk();
    const failed = { code: 'RAFT_STORAGE_FAILED' };
    expect(await outcome(store, [append(run(1, 2, ['b']))])).toMatchObject(failed);
    expect(await outcome(store, [append(run(1, 2, ['b']))])).toMatchObject(failed);
    await expect(store.rememberPeer(peer('n2', 1))).rejects.toMatchObject(failed);
    await expect(texts(store, 1, 1)).rejects.toMatchObject(failed);
  });

  it('[ST9] tells once of its first failure whoever asked to hear', async () => {
    const { place, store } = await stored([hard(1)]);
    const told: Error[] = [];
    const hears = new Promise<void>((resolve) =>
      store.onFailure((failure) => {
        told.push(failure);
        resolve();
      }),
    );
    place.breakDisk();
    const failed = { code: 'RAFT_STORAGE_FAILED' };
    await expect(store.rememberPeer(peer('n2', 1))).rejects.toMatchObject(failed);
    await hears;
    expect(await outcome(store, [hard(2)])).toMatchObject(failed);
    expect(told).toMatchObject([failed]);
  });

  it('[ST9] what waits behind a failing write fails with it', async () => {
    const { place, store } = await stored([hard(1)]);
    place.breakDisk();
    const failed = { code: 'RAFT_STORAGE_FAILED' };
    const first = store.rememberPeer(peer('n2', 1));
    const second = outcome(store, [append(run(1, 1, ['a']))]);
    const third = store.rememberPeer(peer('n3', 1));
    await expect(first).rejects.toMatchObject(failed);
    expect(await second).toMatchObject(failed);
    await expect(third).rejects.toMatchObject(failed);
  });

  it('[ST9] a closed store says so, and can be closed again', async () => {
    const { store } = await stored([hard(1), append(run(1, 1, ['a']))]);
    await store.close();
    await store.close();
    const stopped = { code: 'RAFT_STOPPED' };
    expect(await outcome(store, [hard(2)])).toMatchObject(stopped);
    await expect(texts(store, 1, 1)).rejects.toMatchObject(stopped);
    await expect(store.rememberPeer(peer('n2', 1))).rejects.toMatchObject(stopped);
  });
}
