/** What commands, results and addresses hold is nobody's business who watches a node: not a byte of it is told. */
import { expect, it } from 'vitest';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { Heard } from './watched.ts';

/** No text, and nothing that happens to be anywhere else. */
const MARK = Uint8Array.from({ length: 48 }, (_, at) => (at * 151 + 77) % 256);
const LETTERS = 'Zq8VwPayloadOfSomebodyElse7xKj';

function tracesOf(bytes: Uint8Array): readonly string[] {
  const buffer = Buffer.from(bytes);
  const list = [...bytes].join();
  const parts = [0, 1, 2].map((at) => buffer.subarray(at).toString('base64').slice(4, 24));
  return [buffer.toString('hex').slice(8, 40), list.slice(10, 60), ...parts];
}

it('[IN3] tells no byte of what is replicated, read, passed on, or put into a snapshot', async () => {
  const text = new TextEncoder().encode(LETTERS);
  const data = Uint8Array.from([...MARK, ...text]);
  const cluster = await VirtualCluster.start(3, {
    adapt: (own) => ({ ...own, snapshots: { entries: 20, trailingEntries: 2 } }),
  });
  const heard = [...cluster.members.values()].map(({ node }) => new Heard(node));
  const leader = await cluster.leader();
  const late = [...cluster.members.keys()].find((id) => id !== leader.id) ?? '';
  cluster.isolate(late);
  for (let round = 0; round < 30; round += 1) {
    for (const { node } of cluster.members.values())
      node.submit(data, { timeoutMs: 2_000 }, () => {});
    await cluster.pass(20);
  }
  cluster.mend(late);
  await cluster.pass(3_000);
  const told = heard.map(({ records }) => JSON.stringify(records)).join('\n');
  expect(told).toContain('"count":');
  expect(told).toContain('snapshotter');
  expect(told).toContain('Propose');
  for (const trace of [LETTERS, LETTERS.slice(4, 20), ...tracesOf(MARK), ...tracesOf(text)]) {
    expect(told.includes(trace), trace).toBe(false);
  }
});

it('[IN3] tells what survives JSON, and nothing else', async () => {
  const cluster = await VirtualCluster.start(3);
  const heard = [...cluster.members.values()].map(({ node }) => new Heard(node));
  await cluster.submit((await cluster.leader()).id, 'one');
  await cluster.pass(500);
  for (const { records } of heard) {
    expect(records.length).toBeGreaterThan(50);
    expect(JSON.parse(JSON.stringify(records))).toEqual(records);
    const changes = records.flatMap((record) =>
      record.type === 'transition' ? Object.values(record.changes).flat() : [],
    );
    expect(changes.length).toBeGreaterThan(5);
    expect(changes.filter((value) => typeof value === 'object' && value !== null)).toEqual([]);
  }
});
