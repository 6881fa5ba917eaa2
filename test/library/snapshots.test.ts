/** Snapshots of defined machines: the small state that is copied whole, and functions for what is not small. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wall } from '../../examples/large-state.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../../src/core/limits.ts';
import { createNode, defineMachine, index, memoryLogStore, term } from '../../src/index.ts';
import { encodeCall } from '../../src/library/call-codec.ts';
import { STATE_BYTES_MAX, STATE_VALUES_MAX } from '../../src/library/limits.ts';
import type { MachineReplica } from '../../src/library/machine.ts';
import { decodeState, encodeState } from '../../src/library/state-codec.ts';
import { chunksOf, streamOf } from '../kv/snapshots/snapshots-by-hand.ts';

function propose(replica: MachineReplica, name: string, input: unknown): unknown {
  const data = encodeCall(name, input);
  const [result] = replica.apply(
    [{ index: index(1), term: term(1), timeMs: 0, data, wantsResult: true }],
    () => false,
  ) as readonly unknown[];
  return result;
}

async function moved(from: MachineReplica, to: MachineReplica): Promise<void> {
  const snapshot = from.snapshot?.() ?? null;
  if (snapshot === null) throw new Error('there is no snapshot');
  await to.restore?.(streamOf(await chunksOf(snapshot)));
}

describe('a small state', () => {
  interface Stock {
    readonly items: Map<string, { count: number; readonly tags: Set<string> }>;
    newest: { count: number; readonly tags: Set<string> } | null;
  }
  const stock = defineMachine({
    initial: (): Stock => ({ items: new Map(), newest: null }),
    commands: {
      add: (state, name: string) => {
        state.newest = state.items.get(name) ?? { count: 0, tags: new Set([name]) };
        state.items.set(name, state.newest);
        state.newest.count += 1;
      },
      addToNewest: (state, count: number) => {
        if (state.newest !== null) state.newest.count += count;
      },
    },
    queries: { count: (state, name: string) => state.items.get(name)?.count ?? null },
  });

  it('[SM1] is copied without a word of the definition, with what it shares, as it was when it was asked for', async () => {
    const [one, other] = [stock.start(), stock.start()];
    for (const name of ['a', 'b', 'a']) propose(one, 'add', name);
    const snapshot = one.snapshot?.();
    propose(one, 'add', 'a');
    if (snapshot) await other.restore?.(streamOf(await chunksOf(snapshot)));
    expect([one.query('count', 'a'), other.query('count', 'a')]).toEqual([3, 2]);
    propose(other, 'addToNewest', 5);
    expect(other.query('count', 'a')).toBe(7);
  });

  it('[SM2] comes back so that no command can tell: every kind of value, shared and cyclic', () => {
    const shared = { deep: [1] };
    const bare: Record<string, unknown> = Object.assign(Object.create(null), { toString: 1 });
    const cycle: unknown[] = [];
    cycle.push(cycle, shared);
    const state = {
      ...{ none: null, nothing: undefined, yes: true, minus: -0, nan: Number.NaN, far: 2 ** 53 },
      ...{ text: 'ü\u0000\ud83d\ude00', long: 'x'.repeat(100_000), big: 2n ** 100n, small: -1n },
      ...{ date: new Date(5), bytes: new Uint8Array([1, 2]) },
      ...{ buffer: Buffer.from('ab'), numbers: new Float64Array([0.5]), words: new Int16Array(3) },
      ...{
        map: new Map<unknown, unknown>([
          [shared, cycle],
          [1, -0],
        ]),
        set: new Set([shared, 2]),
      },
      ...{ shared, cycle, bare, 7: 'seven', list: [shared, [], {}] },
    };
    const copy = decodeState(encodeState(state)) as typeof state;
    expect(isDeepStrictEqual(copy, state)).toBe(true);
    expect(Object.keys(copy)).toEqual(Object.keys(state));
    expect(copy.shared).toBe(copy.list[0]);
    expect([...copy.map.keys()][0]).toBe(copy.shared);
    expect(copy.cycle[0]).toBe(copy.cycle);
    expect(Object.getPrototypeOf(copy.bare)).toBeNull();
    expect([copy.bytes.constructor, copy.buffer.constructor]).toEqual([Uint8Array, Buffer]);
    expect(copy.bytes.buffer).not.toBe(state.bytes.buffer);
    const never = decodeState(encodeState(new Date(Number.NaN)));
    expect(never instanceof Date && Number.isNaN(never.getTime())).toBe(true);
    for (const simple of [0, 'text', null, undefined, 3n, true]) {
      expect(decodeState(encodeState(simple))).toBe(simple);
    }
  });

  it('[SM2] any plain state comes back as it was', () => {
    // Node takes no invalid date for the equal of another.
    const date = fc.date({ noInvalidDate: true });
    const texts = [fc.string(), fc.string({ unit: 'binary' })];
    const plain = [fc.boolean(), fc.integer(), fc.double(), fc.constantFrom(null, undefined)];
    const anything = fc.anything({
      withMap: true,
      withSet: true,
      withBigInt: true,
      values: [...plain, ...texts, date],
    });
    expect(decodeState(encodeState(new Date(Number.NaN)))).toEqual(new Date(Number.NaN));
    fc.assert(
      fc.property(anything, (state) => {
        let bytes: Uint8Array;
        try {
          bytes = encodeState(state);
        } catch (error) {
          expect(error).toMatchObject({ code: 'RAFT_BAD_REQUEST' });
          return;
        }
        expect(isDeepStrictEqual(decodeState(bytes), state)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('[SM2] what would not come back is refused in words, and so is what is too much for one step', () => {
    class Account {}
    const odd: readonly [unknown, string][] = [
      [{ a: () => 1 }, 'a function'],
      [[Symbol('a')], 'a symbol'],
      [{ a: new Account() }, 'an object of class Account'],
      [new Map([['a', new (class Longer extends Map {})()]]), 'an object of class Longer'],
      [/a/, 'an object of class RegExp'],
      [new Error('a'), 'an object of class Error'],
      [new Array(3), 'a hole'],
      [Object.assign([1], { name: 1 }), 'names besides its items'],
      [Object.defineProperty({}, 'hidden', { value: 1 }), 'a hidden field'],
      [{ [Symbol('a')]: 1 }, 'a hidden field'],
      [Object.assign(new Map(), { extra: 1 }), 'names of its own'],
      ['\ud800', 'half a character'],
      [new ArrayBuffer(3), 'an object of class ArrayBuffer'],
      [JSON.parse('{"__proto__":1}'), 'a field __proto__'],
    ];
    for (const [state, what] of odd) {
      expect(() => encodeState(state)).toThrow(what);
      expect(() => encodeState(state)).toThrow('give defineMachine snapshot and restore functions');
    }
    const getter = {
      get a() {
        return 1;
      },
    };
    expect(() => encodeState(getter)).toThrow('getter');
    const large = { code: 'RAFT_TOO_LARGE' };
    const codeOf = (state: unknown): unknown => {
      try {
        return encodeState(state);
      } catch (error) {
        return error;
      }
    };
    expect(codeOf(new Uint8Array(STATE_BYTES_MAX))).toMatchObject(large);
    expect(codeOf('x'.repeat(STATE_BYTES_MAX))).toMatchObject(large);
    expect(codeOf(new Array(STATE_VALUES_MAX).fill(0))).toMatchObject(large);
    expect(codeOf(new Array(STATE_VALUES_MAX / 4).fill(0))).toBeInstanceOf(Uint8Array);
  });

  it('[SM2] bytes that are no state are refused, whatever they claim', () => {
    const bytes = encodeState({ list: [1, { a: 'b' }], map: new Map([[1, 2]]), big: 1n });
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const damaged = new Uint8Array(bytes);
        damaged[at] = byte;
        try {
          encodeState(decodeState(damaged));
        } catch (error) {
          expect(error).toMatchObject({ code: 'RAFT_BAD_REQUEST' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('functions of the machine', () => {
  interface Notes {
    readonly texts: string[];
  }
  const initial = (): Notes => ({ texts: [] });
  const commands = {
    note: (state: Notes, text: string) => {
      state.texts.push(text);
    },
  };
  const queries = { all: (state: Notes) => state.texts.join() };

  function* pieces(texts: readonly string[]): Generator<Uint8Array> {
    for (const text of texts) yield new TextEncoder().encode(`${text}\n`);
  }

  async function* later(texts: readonly string[]): AsyncGenerator<Uint8Array> {
    yield* pieces(texts);
  }

  async function restore(chunks: AsyncIterable<Uint8Array>): Promise<Notes> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
    return { texts: text.split('\n').slice(0, -1) };
  }

  const small = defineMachine({ initial, commands, queries });
  const streaming = defineMachine({
    initial,
    commands,
    queries,
    snapshot: ({ texts }) => pieces([...texts]),
    restore,
  });

  it('[SM3] stream a state of any size, cut into chunks of bounded size, at once or later', async () => {
    const asynchronous = defineMachine({
      ...{ initial, commands, queries, restore },
      snapshot: ({ texts }) => later([...texts]),
    });
    for (const machine of [streaming, asynchronous]) {
      const [one, other] = [machine.start(), machine.start()];
      for (const text of ['a', 'x'.repeat(600_000), '']) propose(one, 'note', text);
      const snapshot = one.snapshot?.();
      propose(one, 'note', 'too late');
      const chunks = snapshot ? await chunksOf(snapshot) : [];
      const sizes = chunks.map(({ length }) => length);
      expect(Math.max(...sizes)).toBe(SNAPSHOT_CHUNK_BYTES_MAX);
      expect(Math.min(...sizes)).toBeGreaterThan(0);
      await other.restore?.(streamOf(chunks));
      expect(other.query('all', undefined)).toBe(`a,${'x'.repeat(600_000)},`);
    }
  });

  it('[SM3] examples/large-state.ts does so', async () => {
    const [one, other] = [wall.start(), wall.start()];
    for (let at = 0; at < 1000; at += 1) {
      propose(one, 'post', { author: 'ü', text: `${at} ${'é'.repeat(400)}` });
    }
    const snapshot = one.snapshot?.();
    propose(one, 'edit', { at: 999, text: 'too late' });
    if (snapshot) await other.restore?.(streamOf(await chunksOf(snapshot)));
    expect(other.query('text', 999)).toBe(`999 ${'é'.repeat(400)}`);
    propose(other, 'edit', { at: 0, text: 'new' });
    expect([other.query('text', 0), one.query('text', 0)?.toString().slice(0, 3)]).toEqual([
      'new',
      '0 é',
    ]);
  });

  it('[SM3] what they throw is told, and what gives no bytes is refused', async () => {
    const broken = defineMachine({
      ...{ initial, commands, queries, restore },
      snapshot: () => {
        throw new Error('no room');
      },
    });
    expect(() => broken.start().snapshot?.()).toThrow('no room');
    const wordy = defineMachine({
      ...{ initial, commands, queries, restore },
      snapshot: () => ['text'] as unknown as Uint8Array[],
    });
    const snapshot = wordy.start().snapshot?.();
    await expect(async () => snapshot && chunksOf(snapshot)).rejects.toThrow('pieces of bytes');
  });

  it('[SM4] a machine that was given functions later reads what it wrote without them; not the other way round', async () => {
    const [old, grown] = [small.start(), streaming.start()];
    propose(old, 'note', 'a');
    await moved(old, grown);
    expect(grown.query('all', undefined)).toBe('a');
    propose(old, 'note', 'b');
    await expect(moved(grown, old)).rejects.toMatchObject({
      code: 'RAFT_STATE_MACHINE_FAILED',
      message: expect.stringContaining('give it them'),
    });
    expect(old.query('all', undefined)).toBe('a,b');
  });

  it('[SM4] what is no snapshot of a machine is refused, and nothing is changed', async () => {
    const replica = small.start();
    propose(replica, 'note', 'a');
    const whole = await chunksOf(replica.snapshot?.() ?? { chunks: () => [], release: () => {} });
    const wrong = [
      [],
      [new Uint8Array(2)],
      whole.slice(1),
      whole.slice(0, 1),
      [Uint8Array.of(9, 0)],
    ];
    for (const chunks of wrong) {
      await expect(replica.restore?.(streamOf(chunks))).rejects.toMatchObject({
        code: 'RAFT_STATE_MACHINE_FAILED',
      });
    }
    expect(replica.query('all', undefined)).toBe('a');
  });

  it('[SM3] a definition has both or neither, and takes a snapshot when it is asked', () => {
    const rest = { initial, commands, queries };
    expect(() => defineMachine({ ...rest, restore })).toThrow('needs snapshot, too');
    expect(() => defineMachine({ ...rest, snapshot: () => [] })).toThrow('needs restore, too');
    const lazy = {
      ...rest,
      restore,
      snapshot: function* ({ texts }: Notes) {
        yield* pieces(texts);
      },
    };
    expect(() => defineMachine(lazy)).toThrow(
      'snapshot must return its result at once, and is of kind GeneratorFunction: it would see what commands do',
    );
    const asText = () => ['a'];
    // @ts-expect-error pieces are bytes
    defineMachine({ ...rest, restore, snapshot: asText });
    const asNumber = async () => 7;
    // @ts-expect-error what comes back is the state
    defineMachine({ ...rest, snapshot: () => [], restore: asNumber });
    defineMachine({
      ...rest,
      // @ts-expect-error it is given the state
      snapshot: (state) => pieces(state.words),
      restore,
    });
  });
});

describe('a node of a program', () => {
  const counter = defineMachine({
    initial: () => ({ count: 0 }),
    commands: {
      add: (state) => {
        state.count += 1;
      },
    },
    queries: { count: (state) => state.count },
  });

  it('[SH10] takes snapshots by itself, cuts its log, and begins from both', async () => {
    const store = memoryLogStore();
    const snapshots = { entries: 5, trailingEntries: 1 };
    {
      await using node = await createNode({ id: 'n1', machine: counter, store, snapshots });
      const taken = new Promise((resolve) => node.on('snapshot', resolve));
      for (let at = 0; at < 6; at += 1) await node.propose('add');
      expect(await taken).toMatchObject({ type: 'taken', index: expect.any(Number) });
      expect(node.status().firstIndex).toBeGreaterThan(1);
    }
    await using again = await createNode({ id: 'n1', machine: counter, store, snapshots });
    expect(await again.query('count')).toBe(6);
  });

  it.each([
    [{ entries: 0 }, 'entries of snapshots of createNode must be a whole number from 1, or null'],
    [{ trailingEntries: -1 }, 'trailingEntries of snapshots of createNode must be'],
    [{ everyDay: true }, 'everyDay'],
  ])('[SH10] %j is no threshold', async (snapshots, words) => {
    const options = { id: 'n1', machine: counter, store: memoryLogStore(), snapshots };
    await expect(createNode(options as never)).rejects.toThrow(words);
  });
});
