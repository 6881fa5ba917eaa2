/** Nodes of one machine of one test, closed after it: alone, or three that talk through memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode, DEFAULT_LIMITS, memoryLogStore, type RaftchartNode } from '../../src/index.ts';
import type { Command, Machine, Query } from '../../src/library/machine.ts';
import { MemoryNetwork } from '../../src/transport/memory-network.ts';
import { memoryTransport } from '../../src/transport/memory-transport.ts';
import { cleanUp, closing } from '../clean-up.ts';

export const FAST = {
  electionTimeoutMinMs: 20,
  electionTimeoutMaxMs: 40,
  heartbeatIntervalMs: 5,
  suspicionStepMs: 5,
};

export class Stage {
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'raftchart-library-'));
    cleanUp(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  async alone<
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
  async three<
    State,
    Commands extends Readonly<Record<string, Command<State>>>,
    Queries extends Readonly<Record<string, Query<State>>>,
  >(
    machine: Machine<State, Commands, Queries>,
    folder: string,
    names: readonly string[] = ['n1', 'n2', 'n3'],
  ): Promise<readonly RaftchartNode<State, Commands, Queries>[]> {
    const network = new MemoryNetwork({ defer: (deliver) => queueMicrotask(deliver) });
    const peers = Object.fromEntries(names.map((name) => [name, name]));
    const nodes = await Promise.all(
      names.map((id) =>
        createNode({
          id,
          machine,
          peers,
          dataDir: join(folder, id),
          transport: memoryTransport({ network, address: id, limits: DEFAULT_LIMITS }),
        }),
      ),
    );
    return nodes.map(closing);
  }
}
