/** Bytes and objects have one owner: what a command or a caller does with its own changes nobody else's. */
import { describe, expect, it } from 'vitest';
import {
  createNode,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  defineMachine,
  memoryLogStore,
} from '../../src/index.ts';
import { alone, newFolder, three } from './stage.ts';

interface Vault {
  sum: number;
  kinds: string[];
  last: { text: string; parts: number[] } | null;
  readonly all: Map<string, number[]>;
}

const initial = (): Vault => ({ sum: 0, kinds: [], last: null, all: new Map() });

const vault = defineMachine({
  initial,
  commands: {
    scrub: (state, { key, bytes }: { key: string; bytes: Uint8Array }) => {
      state.sum += bytes.reduce((sum, byte) => sum + byte, 0);
      state.kinds.push(`${key}: ${bytes.constructor.name}`);
      bytes.fill(0);
      return state.sum;
    },
    keep: (state, last: { text: string; parts: number[] }) => {
      state.last = last;
      return last;
    },
    push: (state, part: number) => {
      state.last?.parts.push(part);
      return state.last?.parts ?? [];
    },
    put: (state, key: string) => state.all.set(key, [1]),
    method: (): unknown => ({ list: [() => 1] }),
    instance: (): unknown => [new (class Account {})()],
  },
  queries: {
    sum: (state) => state.sum,
    kinds: (state) => state.kinds,
    last: (state) => state.last,
    all: (state) => state.all,
    method: (): unknown => ({ list: [() => 1] }),
    instance: (): unknown => [new (class Account {})()],
  },
});

describe('the bytes of an input', () => {
  it('[OW1] [OW2] may be spoilt by a command, and arrive as a plain Uint8Array: everywhere, after every start', async () => {
    const folder = await newFolder();
    const inputs = [Buffer.alloc(300, 7), new Uint8Array(300).fill(7), Buffer.alloc(20_000, 7)];
    const nodes = await three(vault, folder);
    const kinds: string[] = [];
    for (const [at, bytes] of inputs.entries()) {
      for (const node of nodes) {
        await node.propose('scrub', { key: `${node.id}/${at}`, bytes });
        kinds.push(`${node.id}/${at}: Uint8Array`);
      }
    }
    const expectKept = async (node: (typeof nodes)[number]): Promise<void> => {
      expect(await node.query('sum')).toBe(3 * 7 * (300 + 300 + 20_000));
      expect(await node.query('kinds')).toEqual(kinds);
    };
    for (const node of nodes) await expectKept(node);
    await Promise.all(nodes.map((node) => node.close()));
    for (const node of await three(vault, folder)) await expectKept(node);
  });

  it('[OW5] are taken when the call is made: what the caller changes later changes nothing', async () => {
    const node = await alone(vault);
    const bytes = new Uint8Array(4).fill(1);
    const kept = { text: 'before', parts: [1] };
    const both = [node.propose('scrub', { key: 'k', bytes }), node.propose('keep', kept)];
    bytes.fill(100);
    kept.text = 'after';
    kept.parts.push(2);
    await Promise.all(both);
    expect(await node.query('sum')).toBe(4);
    expect(await node.query('last')).toEqual({ text: 'before', parts: [1] });
  });
});

/** The refusal of a command that took effect, and of whose result no copy can be made. */
function withoutResult(name: string, what: string) {
  const text = `took effect, but the result of the command "${name}" ${what}`;
  const message = expect.stringContaining(text);
  return { code: 'RAFT_STATE_MACHINE_FAILED', retry: 'never', message };
}

describe('a result', () => {
  it('[OW3] of a query is the caller’s own', async () => {
    const node = await alone(vault);
    await node.propose('keep', { text: 'kept', parts: [1] });
    await node.propose('put', 'key');
    for (const last of [await node.query('last'), node.queryLocal('last')]) {
      last?.parts.push(666);
      Object.assign(last ?? {}, { text: 'changed' });
    }
    (await node.query('all')).get('key')?.push(666);
    expect(await node.query('last')).toEqual({ text: 'kept', parts: [1] });
    expect(await node.query('all')).toEqual(new Map([['key', [1]]]));
  });

  it('[OW3] of a command is the caller’s own, and is what the command returned', async () => {
    const node = await alone(vault);
    const calls = [
      node.propose('keep', { text: 'kept', parts: [] }),
      node.propose('push', 1),
      node.propose('push', 2),
    ];
    const results = (await Promise.all(calls)).map(({ result }) => result);
    expect(results).toEqual([{ text: 'kept', parts: [] }, [1], [1, 2]]);
    for (const result of results) if (Array.isArray(result)) result.push(666);
    expect(await node.query('last')).toEqual({ text: 'kept', parts: [1, 2] });
  });

  it.each([
    ['method', 'holds a function'],
    ['instance', 'holds an object of class Account'],
  ] as const)('[OW3] that no copy would equal is refused in words: %s', async (name, what) => {
    const node = await alone(vault);
    await expect(node.query(name)).rejects.toThrow(`the result of the query "${name}" ${what}`);
    await expect(node.propose(name)).rejects.toMatchObject(withoutResult(name, what));
    expect(node.role).toBe('leader');
  });
});

describe('code in a result', () => {
  interface Count {
    count: number;
  }
  const getter = { enumerable: true, configurable: true };
  const ticking = (state: Count): PropertyDescriptor => ({
    ...getter,
    get: () => (state.count += 1),
  });
  const machine = defineMachine({
    initial: (): Count => ({ count: 0 }),
    commands: {
      field: (state): unknown => Object.defineProperty({}, 'x', ticking(state)),
      item: (state): unknown => Object.defineProperty([0], 0, ticking(state)),
      inMap: (state): unknown => new Map([['x', Object.defineProperty({}, 'x', ticking(state))]]),
      iterator: (state): unknown =>
        Object.defineProperty(new Set([1]), Symbol.iterator, ticking(state)),
      error: (state): unknown => Object.defineProperty(new Error('x'), 'message', ticking(state)),
      cause: (state): unknown =>
        new Error('x', { cause: Object.defineProperty({}, 'x', ticking(state)) }),
      false: (state): unknown =>
        Object.defineProperty(Object.create(Date.prototype), 'x', ticking(state)),
      bytes: (state): unknown =>
        Object.defineProperty(new Uint8Array(2), 'constructor', ticking(state)),
      instance: (state): unknown => {
        class Account {}
        Object.defineProperty(Account.prototype, 'constructor', ticking(state));
        return new Account();
      },
    },
    queries: { count: (state) => state.count },
  });

  it('[OW7] is not run by copying it: no replica differs', async () => {
    const nodes = await three(machine, await newFolder());
    const [first] = nodes;
    const counts: unknown[] = [];
    for (const name of Object.keys(machine.commands)) {
      await first?.propose(name as 'field').catch((error: unknown) => error);
      const each = await Promise.all(nodes.map((node) => node.query('count')));
      if (each.some((count) => count !== 0)) counts.push([name, ...each]);
    }
    expect(counts).toEqual([]);
  });

  it.each([
    ['field', 'holds a getter (x): return plain data instead'],
    ['item', 'holds a getter (0)'],
  ] as const)('[OW7] is refused in words: %s', async (name, what) => {
    const node = await alone(machine);
    await expect(node.propose(name)).rejects.toMatchObject(withoutResult(name, what));
  });
});

describe('what a node tells of itself', () => {
  it('[OW6] may be changed without changing the node', async () => {
    const node = await alone(vault);
    await node.ready();
    const status = node.status();
    Reflect.set(status.members.voters, 'length', 0);
    Reflect.set(status, 'role', 'halted');
    expect(node.status()).toMatchObject({ role: 'leader', members: { voters: ['n1'] } });
    await node.propose('put', 'key');
    expect(await node.query('sum')).toBe(0);
  });

  it('[OW6] is the same to every listener', async () => {
    const nodes = await three(vault, await newFolder());
    const told: boolean[] = [];
    for (const node of nodes) {
      node.on('role', (event) => told.push(Reflect.set(event, 'role', 'halted')));
    }
    await nodes[0]?.ready();
    expect(told).not.toContain(true);
    expect(nodes.map(({ role }) => role)).not.toContain('halted');
  });

  it('[OW6] nor do the defaults change', () => {
    for (const defaults of [DEFAULT_LIMITS, DEFAULT_TIMING]) {
      for (const name of Object.keys(defaults)) expect(Reflect.set(defaults, name, 0)).toBe(false);
    }
  });
});

describe('the state of a replica', () => {
  it('[OW4] is its own: one that another replica has is refused at the start', async () => {
    const shared = { count: 0 };
    const machine = defineMachine({ initial: () => shared, commands: {}, queries: {} });
    await alone(machine);
    const second = createNode({ id: 'n1', store: memoryLogStore(), machine });
    await expect(second).rejects.toThrow(/initial must return a new state each time/);
  });
});
