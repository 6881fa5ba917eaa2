/** Calls of a node with what JavaScript lets pass: options that do not exist or stand elsewhere, listeners that throw. */
import { on } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  createNode,
  DEFAULT_LIMITS,
  defineMachine,
  levelLogStore,
  memoryLogStore,
  RaftError,
  type Replica,
  webSocketTransport,
} from '../../src/index.ts';
import { runWhileLeader } from '../../src/library/while-leader.ts';
import { closing } from '../clean-up.ts';
import { alone, call, FAST, newFolder, newNetwork, three } from './stage.ts';

const machine = defineMachine({
  initial: () => ({ count: 0, timeoutMs: 0 }),
  commands: {
    add: (state, by: number) => (state.count += by),
    reset: (state) => (state.count = 0),
    step: (state, by: number = 1) => (state.count += by),
    configure: (state, { timeoutMs }: { timeoutMs: number } = { timeoutMs: 1 }) =>
      (state.timeoutMs = timeoutMs),
  },
  queries: {
    count: (state) => state.count,
    isAtLeast: (state, floor: number) => state.count >= floor,
    timeoutMs: (state) => state.timeoutMs,
  },
});

/** A member whose peers are not there: it never finds a leader. */
async function forsaken() {
  const peers = { n1: 'n1', n2: 'n2', n3: 'n3' };
  const given = { id: 'n1', peers, store: memoryLogStore(), transport: newNetwork()('n1') };
  return closing(await createNode({ ...given, machine }));
}

/** Resolves at the warning of the process that says this. */
async function warning(message: string): Promise<void> {
  for await (const [said] of on(process, 'warning')) if (said.message === message) return;
}

describe('options of a call', () => {
  it.each<[string, readonly unknown[], string]>([
    ['a name that nobody knows', ['add', 1, { timeout: 5 }], 'propose has no option timeout'],
    ['another case', ['add', 1, { timeoutms: 5 }], 'did you mean timeoutMs?'],
    ['text', ['add', 1, 'soon'], 'propose takes options as an object'],
    ['null', ['add', 1, null], 'propose takes options as an object'],
    ['no number', ['add', 1, { timeoutMs: '5' }], 'timeoutMs of propose must be a number from 1'],
    ['NaN', ['add', 1, { timeoutMs: Number.NaN }], 'timeoutMs of propose must be a number from 1'],
    ['zero', ['add', 1, { timeoutMs: 0 }], 'timeoutMs of propose must be a number from 1'],
    ['infinity', ['add', 1, { timeoutMs: Number.POSITIVE_INFINITY }], 'from 1 to 2147483647'],
    ['no signal', ['add', 1, { signal: new AbortController() }], 'signal of propose must be'],
  ])('[EM12] %s is refused in words', async (_, all, sentence) => {
    const node = await alone(machine);
    await node.ready();
    const { lastIndex } = node.status();
    await expect(call(node, 'propose', ...all)).rejects.toThrow(TypeError);
    await expect(call(node, 'propose', ...all)).rejects.toThrow(sentence);
    expect(node.status().lastIndex).toBe(lastIndex);
    await expect(call(node, 'query', 'count', undefined, all[2])).rejects.toThrow(TypeError);
    await expect(call(node, 'ready', all[2])).rejects.toThrow(TypeError);
  });

  it('[EM12] what reading one throws is the rejection, and nothing is sent', async () => {
    const node = await alone(machine);
    const options = {
      get timeoutMs(): number {
        throw new Error('a getter that throws');
      },
    };
    await expect(node.propose('add', 1, options)).rejects.toThrow('a getter that throws');
    expect(await node.query('count')).toBe(0);
  });

  it('[EM12] [RD5] a query waits for the write that it names, and for nothing else', async () => {
    const node = await alone(machine);
    const added = await node.propose('add', 1);
    expect(await node.query('count', undefined, { atLeast: added })).toBe(1);
    const later = { term: added.term, index: added.index + 1 };
    await expect(
      node.query('count', undefined, { atLeast: later, timeoutMs: 50 }),
    ).rejects.toMatchObject({ code: 'RAFT_TIMED_OUT', retry: 'safe' });
    const other = { term: added.term + 1, index: added.index };
    await expect(node.query('count', undefined, { atLeast: other })).rejects.toMatchObject({
      code: 'RAFT_OVERWRITTEN',
    });
    expect(await node.query('count', undefined, { lease: true })).toBe(1);
    const word = call(node, 'query', 'count', undefined, { lease: 'yes' });
    await expect(word).rejects.toThrow('lease of query must be true or false');
    for (const wrong of [7, { term: 1 }, { term: 1, index: -1 }]) {
      const asked = call(node, 'query', 'count', undefined, { atLeast: wrong });
      await expect(asked).rejects.toThrow(
        'atLeast of query must be the term and index of an entry',
      );
    }
    const misplaced = call(node, 'query', 'count', { atLeast: added });
    await expect(misplaced).rejects.toThrow('write query("count", undefined, { atLeast })');
  });

  it('[EM13] stand behind the input, also where a call has none', async () => {
    const node = await forsaken();
    const begun = performance.now();
    await expect(node.query('count', undefined, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'RAFT_NO_LEADER',
    });
    expect(performance.now() - begun).toBeLessThan(3_000);
    const abort = new AbortController();
    const calls = [
      node.query('count', undefined, { signal: abort.signal }),
      node.propose('reset', undefined, { signal: abort.signal }),
      node.ready({ signal: abort.signal }),
    ];
    const transfer = node.transferLeadership({ signal: abort.signal });
    abort.abort();
    for (const each of calls) await expect(each).rejects.toMatchObject({ code: 'RAFT_ABORTED' });
    await expect(transfer).rejects.toMatchObject({ retry: 'outcomeUnknown' });
  });

  it('[EM13] in the place of an input are refused, by the types and when called', async () => {
    const node = await alone(machine);
    // @ts-expect-error options are no input
    const asked = node.query('count', { timeoutMs: 200 });
    await expect(asked).rejects.toThrow('write query("count", undefined, { timeoutMs })');
    // @ts-expect-error options are no input
    const proposed = node.propose('reset', { signal: AbortSignal.timeout(1) });
    await expect(proposed).rejects.toThrow('write propose("reset", undefined, { signal })');
    // @ts-expect-error options are no input
    expect(() => node.queryLocal('count', { timeoutMs: 200 })).toThrow(TypeError);
  });

  it('[EM13] an input may look like options where options follow it', async () => {
    const node = await alone(machine);
    await expect(node.propose('configure', { timeoutMs: 7 })).rejects.toThrow(/give options \{\}/);
    await node.propose('configure', { timeoutMs: 7 }, {});
    expect(await node.query('timeoutMs')).toBe(7);
  });

  it('[EM1] an input that may be left out may be given', async () => {
    const node = await alone(machine);
    await node.propose('step');
    await node.propose('step', undefined);
    expect((await node.propose('step', 5)).result).toBe(7);
    // @ts-expect-error this one needs its input
    const missing = node.propose('add');
    await missing;
  });
});

describe('options of a node', () => {
  const sound = { id: 'n1', store: memoryLogStore(), machine };

  it.each<[object, string]>([
    [{ datadir: 'x' }, 'did you mean dataDir?'],
    [{ dataDir: 5 }, 'dataDir of createNode must be a string'],
    [{ machine: {} }, 'createNode needs a machine'],
    [{ timing: { electionTimeout: 5 } }, 'timing of createNode has no option electionTimeout'],
    [
      { timing: { heartbeatIntervalMs: Number.NaN } },
      'heartbeatIntervalMs of timing of createNode must be a number',
    ],
    [
      { limits: { commandBytesMax: '5' } },
      'commandBytesMax of limits of createNode must be a number that is not negative; it is 5',
    ],
    [{ limits: { commandBytes: 5 } }, 'did you mean commandBytesMax?'],
    [{ peers: { n1: 5 } }, 'peers.n1 must be an address'],
    [{ peers: { n1: '127.0.0.1:0', n2: 'nohost' } }, 'peers.n2 must be an address'],
    [{ peers: { n1: '127.0.0.1:0', n2: '10.0.0.1:0' } }, 'peers.n2 must be an address'],
    [{ peers: { n1: '127.0.0.1:0', 'n 2': '10.0.0.1:1' } }, 'a name in peers must be the name of'],
    [{ id: 'n 1' }, 'id of createNode must be the name of a member'],
    [{ id: undefined }, 'id of createNode must be the name of a member'],
    [{ dataDir: 'x' }, 'takes dataDir or store, not both'],
    [{ listen: '127.0.0.1:0', transport: newNetwork()('n1') }, 'takes listen or transport, not'],
    [
      { snapshots: { trailingEntries: 0.5 } },
      'trailingEntries of snapshots of createNode must be a whole number from 0, or null; it is 0.5',
    ],
    [{ snapshots: { entries: 0 } }, 'must be a whole number from 1, or null; it is 0'],
    [{ peers: 'n1' }, 'peers of createNode must be an object'],
  ])('[EM12] %j is refused in words', async (wrong, sentence) => {
    const starting = (): unknown => Reflect.apply(createNode, null, [{ ...sound, ...wrong }]);
    await expect(starting()).rejects.toThrow(TypeError);
    await expect(starting()).rejects.toThrow(sentence);
  });

  it('[EM12] changed after the call change nothing', async () => {
    const options = { ...sound, timing: { ...FAST }, peers: { n1: '127.0.0.1:0' } };
    const starting = createNode(options);
    options.peers.n1 = 'nonsense';
    Object.assign(options.peers, { n2: '127.0.0.1:1' });
    options.timing.electionTimeoutMinMs = 60_000;
    await using node = await starting;
    expect((await node.propose('add', 1)).result).toBe(1);
    expect(node.status().members.voters).toEqual(['n1']);
  });
});

describe('options of the parts of a node', () => {
  const limits = DEFAULT_LIMITS;

  it.each<[string, (options: never) => unknown, object, string]>([
    ['levelLogStore', levelLogStore, { dir: 'x' }, 'did you mean directory?'],
    ['levelLogStore', levelLogStore, {}, 'needs a directory'],
    ['memoryLogStore', memoryLogStore, { fail: 1 }, 'did you mean failure?'],
    ['webSocketTransport', webSocketTransport, { listen: null, limits, tsl: {} }, 'mean tls?'],
    ['webSocketTransport', webSocketTransport, { listen: null, limits, tls: { crt: '' } }, 'cert?'],
  ])('[EM12] of %s are checked', (_, make, options, sentence) => {
    expect(() => Reflect.apply(make, null, [options])).toThrow(TypeError);
    expect(() => Reflect.apply(make, null, [options])).toThrow(sentence);
  });
});

describe('the name of a member', () => {
  it.each([
    [['constructor', 'toString', 'valueOf']],
    [['hasOwnProperty', 'isPrototypeOf', 'toLocaleString']],
  ])('[EM16] may be one that every object inherits: %j', async (names) => {
    const nodes = await three(machine, await newFolder(), names);
    for (const node of nodes) await node.propose('add', 1);
    for (const node of nodes) expect(await node.query('count')).toBe(3);
    const links = nodes.flatMap((node) => node.status().links.map(({ peer }) => peer));
    expect(new Set(links)).toEqual(new Set(names));
  });
});

describe('listeners and work of the embedding program', () => {
  it('[EM15] that throw are reported, and the node lives', async () => {
    const node = await alone(machine);
    const reported: unknown[] = [];
    node.on('error', () => {
      throw new Error('of the listener of errors');
    });
    node.on('error', (error) => reported.push(error));
    const warned = warning('of the listener of errors');
    node.on('role', () => {
      throw new Error('of the listener of roles');
    });
    await node.ready();
    expect(reported[0]).toMatchObject({ message: 'of the listener of roles' });
    await warned;
    expect((await node.propose('add', 1)).result).toBe(1);
  });

  it('[EM15] that throw where nobody listens are a warning of the process', async () => {
    const node = await alone(machine);
    const warned = warning('of leader work');
    node.whileLeader(() => {
      throw new Error('of leader work');
    });
    await warned;
    expect((await node.propose('add', 1)).result).toBe(1);
  });

  it('[EM12] of events that do not exist, or that are no functions, are refused', async () => {
    const node = await alone(machine);
    expect(() => call(node, 'on', 'roles', () => {})).toThrow('did you mean role?');
    expect(() => call(node, 'on', 'role', 'listener')).toThrow('a listener must be a function');
    expect(() => call(node, 'whileLeader', 5)).toThrow('whileLeader needs a function');
  });

  it('[EM14] leader work whose proof is refused at once waits a turn, and heeds its end', async () => {
    let asked = 0;
    const leading = { role: 'leader', term: 1, leader: 'n1' };
    const replica = {
      onRole: () => () => {},
      status: () => leading,
      awaitReadable: (_: unknown, completed: (error: Error | null) => void) => {
        asked += 1;
        if (asked > 1_000) return;
        queueMicrotask(() => completed(new RaftError('RAFT_OVERLOADED', 'no')));
      },
    } as unknown as Replica;
    const failures: unknown[] = [];
    const failed = (error: unknown): unknown => failures.push(error);
    const work = runWhileLeader(replica, () => {}, failed);
    await setImmediate();
    expect(asked).toBe(1);
    await work.stop();
    expect(asked).toBe(1);
    expect(failures).toEqual([]);
  });
});

describe('a transfer of leadership', () => {
  it('[EM18] [LT6] goes to whom it names, from any member, and by itself when the leader closes', async () => {
    const nodes = await three(machine, await newFolder());
    await Promise.all(nodes.map((node) => node.ready()));
    const [one, two, last] = nodes;
    if (one === undefined || two === undefined || last === undefined) throw new Error('three');
    expect(await two.transferLeadership({ to: last.id })).toEqual({ leader: last.id });
    expect(last.role).toBe('leader');
    await expect(one.transferLeadership({ to: 'n9' })).rejects.toMatchObject({
      code: 'RAFT_TRANSFER_REFUSED',
      retry: 'never',
      message: expect.stringContaining(`name one of ${nodes.map(({ id }) => id).join(', ')}`),
    });
    const added = Promise.all([last.propose('add', 1), last.close()]);
    expect((await one.propose('add', 1)).term).toBeGreaterThanOrEqual(1);
    await added;
    await two.ready();
    expect(await two.query('count')).toBe(2);
  });

  it.each<[unknown, string]>([
    [{ too: 'n2' }, 'did you mean to?'],
    [{ to: '' }, 'to of transferLeadership must be the id of a member'],
    [null, 'takes options as an object'],
  ])('[EM18] %j is refused in words', async (options, sentence) => {
    const node = await alone(machine);
    await expect(node.transferLeadership(options as never)).rejects.toThrow(sentence);
  });
});

describe('members', () => {
  it('[EM19] [MC4] come and go at whichever member is asked, and a node joins', async () => {
    const transportAt = newNetwork();
    const at = (id: string) => ({ id, machine, timing: FAST, transport: transportAt(id) });
    const founder = closing(
      await createNode({ ...at('n1'), peers: { n1: 'n1' }, store: memoryLogStore() }),
    );
    await founder.ready();
    const { clusterId } = founder.status();
    const peers = { n1: 'n1', n2: 'n2' };
    const store = memoryLogStore();
    const joiner = closing(
      await createNode({ ...at('n2'), peers, clusterId, isJoining: true, store }),
    );
    expect(joiner.members).toMatchObject({ voters: [], learners: [] });
    const add = { n2: 'n2' };
    expect(await founder.changeMembers({ add, promote: ['n2'] })).toEqual({
      voters: ['n1', 'n2'],
      learners: [],
      joint: false,
    });
    await joiner.ready();
    expect((await joiner.propose('add', 1)).result).toBe(1);
    expect(await joiner.changeMembers({ remove: ['n2'] })).toMatchObject({ voters: ['n1'] });
    expect(founder.members).toMatchObject({ voters: ['n1'], addresses: { n1: 'n1' } });
    await expect(founder.changeMembers({ promote: ['n7'] })).rejects.toMatchObject({
      code: 'RAFT_NOT_FOUND',
      retry: 'never',
    });
  });

  it.each<[unknown, string]>([
    [{ adds: {} }, 'did you mean add?'],
    [{ add: { n2: 4200 } }, 'add.n2 must be an address'],
    [{ add: { n2: 'nohost' } }, 'add.n2 must be an address'],
    [{ add: { 'n 2': '10.0.0.1:1' } }, 'a name in add must be the name of a member'],
    [{ remove: ['n 2'] }, 'each of remove must be the name of a member'],
    [{ promote: [7] }, 'each of promote must be the name of a member'],
    [{ remove: 'n2' }, 'remove of changeMembers must be an array'],
    [null, 'takes options as an object'],
  ])('[EM19] %j is refused in words', async (change, sentence) => {
    const node = await alone(machine);
    await expect(node.changeMembers(change as never)).rejects.toThrow(TypeError);
    await expect(node.changeMembers(change as never)).rejects.toThrow(sentence);
  });

  it.each(['c'.repeat(129), 'two\nlines'])(
    '[EM12] a name of a cluster that no member could show is refused at once',
    async (clusterId) => {
      const options = { id: 'n1', store: memoryLogStore(), machine, clusterId };
      await expect(createNode({ ...options, transport: newNetwork()('n1') })).rejects.toThrow(
        TypeError,
      );
    },
  );

  it('[EM19] a node that joins has to know which cluster', async () => {
    const peers = { n1: 'n1', n2: 'n2' };
    const joining = { id: 'n2', peers, isJoining: true, store: memoryLogStore(), machine };
    await expect(createNode({ ...joining, transport: newNetwork()('n2') })).rejects.toThrow(
      'clusterId',
    );
  });
});
