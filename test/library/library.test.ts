import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createNode,
  DEFAULT_LIMITS,
  defineMachine,
  memoryLogStore,
  type PeerEvent,
  RaftError,
} from '../../src/index.ts';
import { contradictionInLimits } from '../../src/rules/contradictions.ts';
import { closing } from '../clean-up.ts';
import { alone, FAST, newFolder, newNetwork } from './stage.ts';

const counter = defineMachine({
  initial: () => ({ count: 0, times: [] as number[] }),
  commands: {
    add: (state, by: number) => (state.count += by),
    stamp: (state, _: null, { timeMs }) => {
      state.times.push(timeMs);
      return timeMs;
    },
  },
  queries: {
    count: (state) => state.count,
    isAtLeast: (state, floor: number) => state.count >= floor,
  },
});

describe('starting', () => {
  it('[CF1] refuses limits and times that cannot hold together, before anything is touched', async () => {
    const directory = join(tmpdir(), `raftchart-contradiction-${process.pid}`);
    const start = { id: 'n1', dataDir: directory, machine: counter };
    const limits = { commandBytesMax: 12_000_000, frameBytesMax: 200_000 };
    await expect(createNode({ ...start, limits })).rejects.toThrow(
      new TypeError(contradictionInLimits({ ...DEFAULT_LIMITS, ...limits }) ?? ''),
    );
    const timing = { heartbeatIntervalMs: 200 };
    await expect(createNode({ ...start, timing })).rejects.toThrow(TypeError);
    expect(existsSync(directory)).toBe(false);
  });
});

/** Two nodes that know of each other, each of the cluster that it is told. */
async function startTwo(clusterIds: readonly [string, string]) {
  const transportAt = newNetwork();
  const peers = { n1: 'one', n2: 'two' };
  const start = async (id: 'n1' | 'n2', clusterId: string) => {
    const transport = transportAt(peers[id]);
    const store = memoryLogStore();
    return closing(await createNode({ id, peers, clusterId, store, transport, machine: counter }));
  };
  return [await start('n1', clusterIds[0]), await start('n2', clusterIds[1])] as const;
}

describe('a program that embeds a node', () => {
  it('[OP3] hears of a peer that is refused, on both ends', async () => {
    const nodes = await startTwo(['a', 'b']);
    const events = await Promise.all(
      nodes.map((node) => new Promise<PeerEvent>((heard) => node.on('peer', heard))),
    );
    const problems = events.map(({ peer, problem, isOver }) => [peer, problem, isOver]);
    expect(problems).toEqual([
      ['n2', 'refuses', false],
      ['n1', 'refused', false],
    ]);
    const [told, seen] = events.map(({ reason }) => reason);
    expect(seen).toMatch(/^n1 belongs to cluster a, not b: /);
    expect(told).toMatch(/^wrong cluster: /);
    expect(nodes[0].status().links[0]).toMatchObject({ state: 'refused', problem: 'refuses' });
  });
});

describe('a replicated machine', () => {
  it('[EM1] answers each command with its own result, typed', async () => {
    const node = await alone(counter);
    const [first, second] = await Promise.all([node.propose('add', 1), node.propose('add', 2)]);
    const sum: number = first.result + second.result;
    expect(sum).toBe(4);
    expect(second.index).toBe(first.index + 1);
    expect(await node.query('count')).toBe(3);
    expect(await node.query('isAtLeast', 3)).toBe(true);
  });

  it('[EM1] has no clock but the log, which never goes back', async () => {
    const node = await alone(counter);
    const early = (await node.propose('stamp', null)).result;
    const late = (await node.propose('stamp', null)).result;
    expect(late).toBeGreaterThanOrEqual(early);
  });

  it('[EM2] an unknown command in the log halts the node', async () => {
    const store = memoryLogStore();
    const newer = defineMachine({ initial: () => 0, commands: { reset: () => 0 }, queries: {} });
    const written = await createNode({ id: 'n1', store, machine: newer, timing: FAST });
    await written.propose('reset');
    await written.close();
    const node = await alone(counter, store);
    const halted = new Promise<RaftError>((resolve) => node.on('halt', resolve));
    expect(await halted).toMatchObject({ code: 'RAFT_STATE_MACHINE_FAILED' });
    expect(node.role).toBe('halted');
    await expect(node.propose('add', 1)).rejects.toBeInstanceOf(RaftError);
  });

  it('[EM8] an aborted proposal says that it may have taken effect', async () => {
    const node = await alone(counter);
    await node.ready();
    const abort = new AbortController();
    const proposal = node.propose('add', 1, { signal: abort.signal });
    abort.abort();
    await expect(proposal).rejects.toMatchObject({
      code: 'RAFT_ABORTED',
      retry: 'outcomeUnknown',
    });
    await expect(node.propose('add', 1, { signal: abort.signal })).rejects.toMatchObject({
      retry: 'safe',
    });
  });

  it('[EM7] a closed node refuses, safely', async () => {
    const node = await alone(counter);
    await node.propose('add', 1);
    await node.close();
    await expect(node.propose('add', 1)).rejects.toMatchObject({
      code: 'RAFT_STOPPED',
      retry: 'safe',
    });
  });
});

describe('a data directory', () => {
  it('[SV25] keeps its cluster when the addresses of the members change', async () => {
    const dataDir = await newFolder();
    const start = (address: string) =>
      createNode({ id: 'n1', dataDir, machine: counter, timing: FAST, peers: { n1: address } });
    const before = await start('127.0.0.1:0');
    await before.propose('add', 1);
    const { clusterId } = before.status();
    await before.close();
    const after = closing(await start('localhost:0'));
    expect(after.status().clusterId).toBe(clusterId);
    expect(await after.query('count')).toBe(1);
  });
});

describe('leader work', () => {
  it('[EM4] runs while this node leads, with its term, until told to stop', async () => {
    const node = await alone(counter);
    let signal: AbortSignal | null = null;
    const begun = await new Promise<number>((resolve) => {
      node.whileLeader(({ term, signal: lost }) => {
        signal = lost;
        resolve(term);
        return new Promise((ended) => lost.addEventListener('abort', () => ended()));
      });
    });
    expect(begun).toBe(node.status().term);
    await node.close();
    expect(signal).toMatchObject({ aborted: true });
  });

  it('[EM4] what it throws reaches the error listeners', async () => {
    const node = await alone(counter);
    const error = new Promise((resolve) => node.on('error', resolve));
    node.whileLeader(() => Promise.reject(new Error('the work failed')));
    expect(await error).toMatchObject({ message: 'the work failed' });
  });
});
