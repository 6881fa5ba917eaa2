/** Nodes of one machine, closed after the test: alone, or three that talk through memory; and how they are called. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode, DEFAULT_LIMITS, memoryLogStore, type RaftchartNode } from '../../src/index.ts';
import type { Command, Machine, Query } from '../../src/library/machine.ts';
import { MemoryNetwork } from '../../src/transport/memory-network.ts';
import { type MemoryTransport, memoryTransport } from '../../src/transport/memory-transport.ts';
import { cleanUp, closing } from '../clean-up.ts';

export const FAST = {
  electionTimeoutMinMs: 20,
  electionTimeoutMaxMs: 40,
  heartbeatIntervalMs: 5,
  suspicionStepMs: 5,
};

/** A folder that is gone after the test. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'raftchart-library-'));
  cleanUp(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** How members of one test talk through memory; each asks for the transport at its address. */
export function newNetwork(): (address: string) => MemoryTransport {
  const network = new MemoryNetwork({ defer: (deliver) => void setImmediate(deliver) });
  return (address) => memoryTransport({ network, address, limits: DEFAULT_LIMITS });
}

/** A cluster of one. */
export async function alone<
  State,
  Commands extends Readonly<Record<string, Command<State>>>,
  Queries extends Readonly<Record<string, Query<State>>>,
>(
  machine: Machine<State, Commands, Queries>,
  store = memoryLogStore(),
): Promise<RaftchartNode<State, Commands, Queries>> {
  return closing(await createNode({ id: 'n1', store, machine, timing: FAST }));
}

/** Three members on disks in `folder`. */
export async function three<
  State,
  Commands extends Readonly<Record<string, Command<State>>>,
  Queries extends Readonly<Record<string, Query<State>>>,
>(
  machine: Machine<State, Commands, Queries>,
  folder: string,
  names: readonly string[] = ['n1', 'n2', 'n3'],
): Promise<readonly RaftchartNode<State, Commands, Queries>[]> {
  const transportAt = newNetwork();
  const peers = Object.fromEntries(names.map((name) => [name, name]));
  const starting = names.map((id) =>
    createNode({ id, machine, peers, dataDir: join(folder, id), transport: transportAt(id) }),
  );
  return (await Promise.all(starting)).map(closing);
}

/** A call as JavaScript lets it pass, whatever the types say. */
export function call(node: object, method: string, ...all: readonly unknown[]): Promise<unknown> {
  return Reflect.apply(Reflect.get(node, method), node, all);
}
