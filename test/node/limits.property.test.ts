/** Whole clusters in memory under any limits that hold together: nothing that fits them may halt a member. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../src/core/limits.ts';
import type { ProposalOutcome } from '../../src/ports/replica.ts';
import { contradictionInLimits } from '../../src/rules/contradictions.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';

const KIB = 1024;

/** Near each other, so that about half of them contradict each other, many by a few bytes. */
const frame = fc.integer({ min: 15 * KIB, max: 64 * KIB });
const near = (bytes: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constantFrom(1, 100, bytes),
    fc.integer({ min: Math.max(1, bytes - 60), max: bytes + 20 }),
  );
const anyLimits: fc.Arbitrary<Limits> = frame.chain((frameBytesMax) =>
  fc.record({
    frameBytesMax: fc.constant(frameBytesMax),
    commandBytesMax: near(frameBytesMax),
    runBytesMax: near(frameBytesMax),
    messageBytesMax: near(frameBytesMax),
    proposalBytesMax: fc.constantFrom(frameBytesMax, DEFAULT_LIMITS.proposalBytesMax),
    unappliedBytesMax: fc.constantFrom(1, DEFAULT_LIMITS.unappliedBytesMax),
    inflightMessagesMax: fc.constantFrom(1, 3, 256),
    inflightBytesMax: fc.constantFrom(1, 500, DEFAULT_LIMITS.inflightBytesMax),
    socketBytesMax: fc.constantFrom(1, 500, DEFAULT_LIMITS.socketBytesMax),
    cacheBytesMax: fc.constantFrom(1, DEFAULT_LIMITS.cacheBytesMax),
    applyBytesMax: fc.constantFrom(1, DEFAULT_LIMITS.applyBytesMax),
    pendingReadsMax: fc.constantFrom(1, 100),
  }),
);

async function writeAll(limits: Limits): Promise<VirtualCluster> {
  const cluster = await VirtualCluster.start(3, { limits });
  await cluster.leader();
  const outcomes: ProposalOutcome[] = [];
  const write = (id: string, bytes: number): void => {
    const options = { timeoutMs: 5_000 };
    cluster.member(id).node.submit(new Uint8Array(bytes), options, (done) => outcomes.push(done));
  };
  for (const id of ['n1', 'n2', 'n3']) {
    write(id, limits.commandBytesMax);
    for (let at = 0; at < 20; at += 1) write(id, at % 2);
    write(id, limits.commandBytesMax);
    write(id, limits.runBytesMax);
  }
  await cluster.until('all outcomes', () => outcomes.length === 3 * 23);
  return cluster;
}

it('[CF2] limits that hold together let the largest command be written by any member, and halt none', async () => {
  await fc.assert(
    fc.asyncProperty(anyLimits, async (limits) => {
      fc.pre(contradictionInLimits(limits) === null);
      const cluster = await writeAll(limits);
      const largest = 'x'.repeat(limits.commandBytesMax);
      for (const id of ['n1', 'n2', 'n3']) {
        expect(await cluster.submit(id, largest, 9_000)).toMatchObject({ type: 'applied' });
      }
      for (const node of cluster.nodes) expect(node.status().role).not.toBe('halted');
      for (const node of cluster.nodes) expect(node.counters().badFrames).toBe(0);
    }),
    { numRuns: 25 },
  );
});

it('[CF2] a run of many small commands is bounded with their headers', async () => {
  const small = { commandBytesMax: 100, runBytesMax: 16_000, messageBytesMax: 16_000 };
  const limits = { ...DEFAULT_LIMITS, ...small, frameBytesMax: 16 * KIB };
  expect(contradictionInLimits(limits)).toBeNull();
  const { cluster, leader } = await ledVirtually({ limits });
  await cluster.pass(100);
  for (const { node } of cluster.members.values()) {
    for (let at = 0; at < 4_000; at += 1) {
      node.submit(new Uint8Array(0), { timeoutMs: 5_000 }, () => {});
    }
  }
  await cluster.until('everything', () => cluster.applied(leader.id).length === 12_000);
  for (const node of cluster.nodes) expect(node.status().role).not.toBe('halted');
});

it('[CF2] what the check refuses would halt a leader at its first large write, and are refused', async () => {
  const limits = { ...DEFAULT_LIMITS, commandBytesMax: 300_000, frameBytesMax: 200_000 };
  expect(contradictionInLimits(limits)).not.toBeNull();
  const { cluster, leader } = await ledVirtually({ limits });
  await cluster.pass(100);
  leader.node.submit(new Uint8Array(300_000), { timeoutMs: 1_000 }, () => {});
  await cluster.until('the halt', () => leader.node.status().role === 'halted');
});
