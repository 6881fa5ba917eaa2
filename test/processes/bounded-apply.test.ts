/** Real processes with little memory: what a few bytes can ask for must not end them, then or at any later start. */
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import type { KvCommand } from '../../src/kv/commands/commands.ts';
import { TXN_RANGE_BYTES_MAX } from '../../src/kv/limits.ts';
import { ProcessCluster } from './process-cluster.ts';

function startSmall(): Promise<ProcessCluster> {
  return ProcessCluster.start(1, [], { nodeFlags: ['--max-old-space-size=300'] });
}

describe('a process with 300 MB of heap', () => {
  it('[AP1] applies a log of 170 range transactions of 14 bytes again after a stop', async () => {
    await using cluster = await startSmall();
    const [{ id } = { id: '' }] = cluster.members;
    const everything = { type: 'range', prefix: new Uint8Array(0) } as const;
    const command: KvCommand = { type: 'txn', compare: [], success: [everything], failure: [] };
    expect(encodeCommand(command).length).toBeLessThanOrEqual(14);
    await using client = connect({ endpoints: cluster.endpoints, timeoutMs: 60_000 });
    const keys = Array.from({ length: 10_000 }, (_, at) => `key-${at}`);
    await Promise.all(keys.map((key) => client.put(key, 'x'.repeat(20))));
    for (let at = 0; at < 170; at += 1) {
      const { responses } = await client.txn({ success: [everything] });
      expect(responses).toMatchObject([{ type: 'range', count: 10_000, more: false }]);
    }
    expect(await cluster.kill(id, 'SIGTERM')).toBe(0);
    cluster.run(id);
    await cluster.leader();
    expect(cluster.isRunning(id)).toBe(true);
    expect((await client.range({ prefix: 'key-', limit: 1 })).count).toBe(10_000);
  });

  it('[KV22] answers one small POST /txn over 20 MB of data, and lives', async () => {
    await using cluster = await startSmall();
    const [{ id, url } = { id: '', url: '' }] = cluster.members;
    await using client = connect({ endpoints: cluster.endpoints, timeoutMs: 60_000 });
    for (let at = 0; at < 20; at += 1) await client.put(`large-${at}`, 'x'.repeat(1_000_000));
    const success = Array.from({ length: 128 }, () => ({ op: 'range', prefix: '' }));
    const answer = await fetch(`${url}/txn`, { method: 'POST', body: JSON.stringify({ success }) });
    expect(answer.status).toBe(200);
    expect((await answer.text()).length).toBeLessThan(TXN_RANGE_BYTES_MAX + 100_000);
    expect(cluster.isRunning(id)).toBe(true);
  });
});
