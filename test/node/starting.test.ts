/** A start that fails, or is not over yet: the disk knows nothing of the one, callers are sent away by the other. */
import { expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import { startRaftNode } from '../../src/node/raft-node.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import { dial } from '../../src/testing/contracts/recorder.ts';
import { LIMITS } from '../../src/testing/contracts/sample-messages.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { ListMachine } from '../../src/testing/virtual-cluster.ts';
import { MemoryNetwork } from '../../src/transport/memory-network.ts';
import { memoryTransport } from '../../src/transport/memory-transport.ts';
import { PromptDisk } from '../storage/prompt-disk.ts';

function started(network: MemoryNetwork, store: LogStore) {
  const clock = new VirtualClock();
  return startRaftNode({
    id: nodeId('n1'),
    clusterId: 'c1',
    members: { n1: 'at-n1' },
    store,
    clock,
    random: { next: () => 0.5 },
    machine: new ListMachine(),
    transport: memoryTransport({ network, address: 'at-n1', limits: LIMITS }),
  });
}

it('[SV26] [ID6] a start whose address is taken touches no disk', async () => {
  const network = new MemoryNetwork({ defer: queueMicrotask });
  const disk = new PromptDisk();
  await memoryTransport({ network, address: 'at-n1', limits: LIMITS }).listen(() =>
    expect.fail('nobody calls'),
  );
  await expect(started(network, disk.store())).rejects.toMatchObject({ code: 'RAFT_CONFLICT' });
  expect(disk.steps).toBe(0);
});

it('[SV26] a caller is sent away while the log is proven, and a store that refuses frees the address', async () => {
  const network = new MemoryNetwork({ defer: queueMicrotask });
  const store = new PromptDisk().store();
  let refuse: (error: Error) => void = () => {};
  store.open = () =>
    new Promise((_, reject) => {
      refuse = reject;
    });
  const starting = started(network, store);
  const caller = dial(memoryTransport({ network, address: 'caller', limits: LIMITS }), 'at-n1');
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  expect(caller.reason()?.text).toContain('this node is starting');
  refuse(new Error('the disk is gone'));
  await expect(starting).rejects.toThrow('the disk is gone');
  await (await started(network, new PromptDisk().store())).close();
});
