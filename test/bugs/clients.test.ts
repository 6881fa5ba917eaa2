/** Clients (family I of the known bugs), as far as there are no sessions yet: replies and forwarded commands. */
import { expect, it } from 'vitest';
import type { ProposalOutcome } from '../../src/ports/replica.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { typeCarried } from '../cluster/messages.ts';

it('[I5] a forwarded command that the network repeats takes effect once', async () => {
  const repeated: CarriedMessage[] = [];
  const carry = (message: CarriedMessage): boolean => {
    if (typeCarried(message) === 'Propose') repeated.push(message);
    return true;
  };
  const cluster = await VirtualCluster.start(3, { carry });
  const leader = await cluster.leader();
  const follower = [...cluster.members.keys()].find((id) => id !== leader.id) ?? '';
  const commands = ['a', 'b', 'c', 'd'];
  for (const command of commands) {
    expect(await cluster.submit(follower, command)).toMatchObject({ type: 'applied' });
    for (const { deliver, frames } of [...repeated, ...repeated.toReversed()]) deliver(frames);
    await cluster.pass(20);
  }
  expect(repeated).toHaveLength(commands.length);
  expect(await cluster.read(follower)).toBeNull();
  expect(cluster.applied(follower)).toEqual(commands);
});

it('[I5] a forwarded command that was refused, and comes again later, takes effect once', async () => {
  const seen: CarriedMessage[] = [];
  let isLate = true;
  const carry = (message: CarriedMessage): boolean => {
    if (typeCarried(message) !== 'Propose') return true;
    seen.push(message);
    return seen.length === 1 || !isLate;
  };
  const cluster = await VirtualCluster.start(3, { carry, limits: { proposalBytesMax: 8 } });
  const leader = await cluster.leader();
  const follower = [...cluster.members.keys()].find((id) => id !== leader.id) ?? '';
  leader.disk.holds = true;
  const ended: string[] = [];
  const note = ({ type }: ProposalOutcome): number => ended.push(type);
  for (const text of ['written', 'full']) {
    leader.node.submit(new TextEncoder().encode(text), { timeoutMs: 60_000 }, note);
    await cluster.pass(10);
  }
  cluster.member(follower).node.submit(new TextEncoder().encode('x'), { timeoutMs: 60_000 }, note);
  await cluster.until('the second attempt', () => seen.length > 1);
  leader.disk.holds = false;
  for (const write of leader.disk.held.splice(0)) cluster.clock.defer(write);
  await cluster.pass(50);
  for (const { deliver, frames } of seen) deliver(frames);
  isLate = false;
  await cluster.until('the answers', () => ended.length === 3);
  await cluster.pass(200);
  expect(await cluster.read(follower)).toBeNull();
  expect(cluster.applied(follower)).toEqual(['written', 'full', 'x']);
});

it('[I5] a forwarded command of an earlier term does not make a repeated one look new', async () => {
  const seen: CarriedMessage[] = [];
  const carry = (message: CarriedMessage): boolean => {
    if (typeCarried(message) === 'Propose') seen.push(message);
    return true;
  };
  const cluster = await VirtualCluster.start(3, { carry });
  const first = await cluster.leader();
  const follower = [...cluster.members.keys()].find((id) => id !== first.id) ?? '';
  await cluster.submit(follower, 'in the first term');
  cluster.isolate(first.id);
  await cluster.until('another term', () =>
    cluster.nodes.some((node) => node !== first.node && node.status().role === 'leader'),
  );
  cluster.mend(first.id);
  await cluster.pass(3_000);
  const second = await cluster.leader();
  const asking = [...cluster.members.keys()].find((id) => id !== second.id) ?? '';
  await cluster.submit(asking, 'in the second term');
  const older = seen.filter(({ to }) => to !== `at-${second.id}`).at(-1);
  const newer = seen.at(-1);
  newer?.deliver(older?.frames ?? []);
  newer?.deliver(newer.frames);
  await cluster.pass(500);
  expect(cluster.applied(asking)).toEqual(['in the first term', 'in the second term']);
});
