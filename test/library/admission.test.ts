/** What may enter the log, through the public door: no name, input or result that no member could apply. */
import { describe, expect, it } from 'vitest';
import {
  createNode,
  DEFAULT_LIMITS,
  defineMachine,
  memoryLogStore,
  nodeId,
  startRaftNode,
  systemClock,
  systemRandom,
} from '../../src/index.ts';
import { encodeCall } from '../../src/library/call-codec.ts';
import { closing } from '../clean-up.ts';
import { alone, call, newNetwork } from './stage.ts';

const machine = defineMachine({
  initial: () => ({ count: 0, last: undefined as unknown }),
  commands: {
    add: (state, by: number) => (state.count += by),
    keep: (state, input: unknown) => {
      state.last = input;
    },
    later: (state): unknown => {
      state.count += 1;
      return Promise.reject(new Error('never seen'));
    },
    thenable: (): unknown => Object.fromEntries([['then', () => {}]]),
    trap: (): unknown =>
      Object.defineProperty({}, ['then'].join(), {
        get: () => {
          throw new Error('a trap');
        },
      }),
    'only upwards': () => {
      throw new Error('only upwards');
    },
    nothing: () => {
      throw null;
    },
    unseen: () => {
      throw Object.create(null);
    },
    hidden: () => {
      throw Object.defineProperty(new Error(), 'message', {
        get: () => {
          throw new Error('no');
        },
      });
    },
    proxy: () => {
      throw new Proxy({}, { getPrototypeOf: () => Array.prototype.at.call(null, 0) });
    },
  },
  queries: {
    count: (state) => state.count,
    last: (state) => state.last,
    later: (state): unknown => Promise.resolve(state.count),
  },
});

describe('a name', () => {
  it.each([
    ['ad', 'did you mean add?'],
    ['toString', 'known: add, keep'],
    ['constructor', 'known: add, keep'],
    ['__proto__', 'known: add, keep'],
    ['', 'known: add, keep'],
    [undefined, '(undefined)'],
    [{ toString: (): string => 'add' }, '(object)'],
  ])(
    '[AD1] the command %j does not exist: nothing is written, and the node lives',
    async (name, advice) => {
      const node = await alone(machine);
      await node.ready();
      const { lastIndex } = node.status();
      await expect(call(node, 'propose', name, 1)).rejects.toMatchObject({
        code: 'RAFT_BAD_REQUEST',
        retry: 'never',
        message: expect.stringContaining(advice),
      });
      expect(node.status()).toMatchObject({ role: 'leader', lastIndex });
      expect((await node.propose('add', 2)).result).toBe(2);
    },
  );

  it.each(['coun', 'toString', '__proto__'])('[AD1] the query %j does not exist', async (name) => {
    const node = await alone(machine);
    const refusal = { code: 'RAFT_BAD_REQUEST', retry: 'never' };
    await expect(call(node, 'query', name)).rejects.toMatchObject(refusal);
    expect(() => Reflect.apply(node.queryLocal, node, [name])).toThrow(
      expect.objectContaining(refusal),
    );
  });

  it('[AD1] a command may be called as what every object inherits', async () => {
    const text = (): string => 'text';
    const odd = defineMachine({
      initial: () => ({ calls: 0 }),
      commands: { constructor: (state) => (state.calls += 1), valueOf: text },
      queries: {},
    });
    const node = await alone(odd);
    expect((await node.propose('constructor')).result).toBe(1);
    expect((await node.propose('valueOf')).result).toBe('text');
  });
});

describe('a definition', () => {
  const sound = { initial: () => ({}), commands: {}, queries: {} };

  class Methods {
    add(): number {
      return 1;
    }
  }

  it.each<[string, object, string]>([
    ['a name that nobody knows', { ...sound, comands: {} }, 'did you mean commands?'],
    ['no commands', { ...sound, commands: undefined }, 'commands as a plain object'],
    ['commands of a class', { ...sound, commands: new Methods() }, 'commands as a plain object'],
    ['a command that is no function', { ...sound, commands: { add: 1 } }, 'must be a function'],
    ['a command without a name', { ...sound, commands: { '': () => 1 } }, 'needs a name'],
    ['half a character as name', { ...sound, commands: { '\ud800': () => 1 } }, 'needs a name'],
    ['a symbol', { ...sound, queries: { [Symbol('s')]: () => 1 } }, 'needs a name'],
    ['no initial state', { ...sound, initial: {} }, 'initial must be a function'],
  ])('[AD2] with %s is refused', (_, definition, sentence) => {
    expect(() => Reflect.apply(defineMachine, null, [definition])).toThrow(TypeError);
    expect(() => Reflect.apply(defineMachine, null, [definition])).toThrow(sentence);
  });

  it('[AD2] is what it was when it was made', async () => {
    const commands = { add: (state: { count: number }) => (state.count += 1) };
    const node = await alone(
      defineMachine({ initial: () => ({ count: 0 }), commands, queries: {} }),
    );
    commands.add = () => -1;
    expect((await node.propose('add')).result).toBe(1);
  });
});

describe('an input', () => {
  it.each<[string, unknown, string]>([
    ['a function', { user: { tags: [1, 2, 3, () => 1] } }, 'input.user.tags[3] is a function'],
    ['a map', { 'a b': new Map() }, 'input["a b"] is an object of class Map'],
  ])('[AD3] with %s is refused before anything is sent', async (_, input, sentence) => {
    const node = await alone(machine);
    await node.ready();
    const { lastIndex } = node.status();
    await expect(node.propose('keep', input)).rejects.toMatchObject({
      code: 'RAFT_BAD_REQUEST',
      retry: 'never',
      message: expect.stringContaining(sentence),
    });
    expect(node.status().lastIndex).toBe(lastIndex);
  });

  it('[EM6] over the limit is refused before it is queued, whatever it would cost to write', async () => {
    const node = await alone(machine);
    const half: unknown[] = ['x'.repeat(1_000)];
    let doubled: unknown = half;
    for (let times = 0; times < 40; times += 1) doubled = [doubled, doubled];
    for (const input of ['x'.repeat(DEFAULT_LIMITS.commandBytesMax), doubled]) {
      await expect(node.propose('keep', input)).rejects.toMatchObject({
        code: 'RAFT_TOO_LARGE',
        retry: 'never',
      });
    }
  });
});

describe('a result that comes later', () => {
  it.each<[string, unknown]>([
    ['async', async () => 1],
    ['generator', function* () {}],
    ['async generator', async function* () {}],
  ])('[AD4] an %s function is refused when the machine is defined', (_, call) => {
    for (const part of ['commands', 'queries']) {
      const definition = { initial: () => ({}), commands: {}, queries: {}, [part]: { call } };
      expect(() => Reflect.apply(defineMachine, null, [definition])).toThrow(
        /must return its result/,
      );
    }
    const definition = { initial: call, commands: {}, queries: {} };
    expect(() => Reflect.apply(defineMachine, null, [definition])).toThrow(/initial must return/);
  });

  it('[AD4] of a command is refused in words and reported; the node lives', async () => {
    const node = await alone(machine);
    const reported: unknown[] = [];
    node.on('error', (error) => reported.push(error));
    for (const name of ['later', 'thenable', 'later'] as const) {
      await expect(node.propose(name)).rejects.toMatchObject({
        code: 'RAFT_STATE_MACHINE_FAILED',
        retry: 'never',
        message: expect.stringContaining(`the command "${name}" returned a promise`),
      });
    }
    expect(reported).toMatchObject([
      { message: expect.stringContaining('"later"') },
      { message: expect.stringContaining('"thenable"') },
    ]);
    expect((await node.propose('add', 1)).result).toBe(3);
  });

  it('[AD4] of a query is refused', async () => {
    const node = await alone(machine);
    await expect(node.query('later')).rejects.toThrow(
      /the query "later" must return its result at once/,
    );
  });

  it('[AD4] as initial state is refused before the node starts', async () => {
    const late = defineMachine({ initial: () => Promise.resolve(1), commands: {}, queries: {} });
    const starting = createNode({ id: 'n1', store: memoryLogStore(), machine: late });
    await expect(starting).rejects.toThrow(/initial must return the state itself/);
  });

  it('[AD4] does not compile', () => {
    type Count = { count: number };
    const initial = (): Count => ({ count: 0 });
    const add = async (_: Count, by: number) => by;
    const maybe = (state: Count) => state.count || Promise.resolve(1);
    const all = function* () {};
    const define = () => [
      // @ts-expect-error an async command
      defineMachine({ initial, commands: { add }, queries: {} }),
      // @ts-expect-error a promise on one of two ways
      defineMachine({ initial, commands: { maybe }, queries: {} }),
      // @ts-expect-error an async query
      defineMachine({ initial, commands: {}, queries: { add } }),
      // @ts-expect-error a generator
      defineMachine({ initial, commands: { all }, queries: {} }),
    ];
    expect(define).toThrow(TypeError);
  });
});

describe('a command that throws', () => {
  it.each([
    ['only upwards', 'only upwards'],
    ['nothing', 'null'],
    ['unseen', 'it threw something that cannot be shown'],
    ['hidden', 'it threw something that cannot be shown'],
    ['proxy', 'it threw something that cannot be shown'],
    ['trap', 'a trap'],
  ] as const)('[EM3] %s refuses, and the node lives', async (name, message) => {
    const node = await alone(machine);
    await expect(node.propose(name)).rejects.toMatchObject({
      code: 'RAFT_COMMAND_REFUSED',
      retry: 'never',
      message: expect.stringContaining(message),
    });
    expect((await node.propose('add', 1)).result).toBe(1);
  });
});

describe('bytes in the log that are no command', () => {
  it.each([
    ['an array of four thousand million items', 'ddffffffff'],
    ['an input of as many', '92a3616464ddffffffff'],
    ['a map of as many', '92a3616464dfffffffff'],
    ['text that ends too early', '92a3616464dbffffffff'],
    ['nothing', ''],
    ['a number', '01'],
    ['a name that is none', '920101'],
    ['more than a command', '92a361646401ff'],
    ['a pointer to what was never named', '92a3616464d67000000001'],
    ['toString, which an earlier version let in', '92a8746f537472696e6701'],
    ['__proto__, likewise', '92a95f5f70726f746f5f5f01'],
  ])('[AD5] %s: refused, and the node lives', async (_, hex) => {
    const node = closing(
      await startRaftNode({
        id: nodeId('n1'),
        members: { n1: '' },
        machine: machine.start(),
        clusterId: 'c',
        store: memoryLogStore(),
        transport: newNetwork()('n1'),
        clock: systemClock,
        random: systemRandom,
      }),
    );
    const submitted = (data: Uint8Array): Promise<unknown> =>
      new Promise((resolve) => node.submit(data, { timeoutMs: 5_000 }, resolve));
    expect(await submitted(Uint8Array.from(Buffer.from(hex, 'hex')))).toMatchObject({
      type: 'applied',
      result: { ok: false, code: 'RAFT_BAD_REQUEST' },
    });
    expect(await submitted(encodeCall('add', 1))).toMatchObject({
      result: { ok: true, value: 1 },
    });
  });
});
