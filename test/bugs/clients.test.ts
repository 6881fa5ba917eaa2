/** Clients (family I of the known bugs), as far as there are no sessions yet: replies and forwarded commands. */
import { expect, it } from 'vitest';
import type { ProposalOutcome } from '../../src/ports/replica.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { typeCarried } from '../cluster/messages.ts';
import { anotherLeader, ledVirtually, letWrite } from '../cluster/virtual-scene.ts';

it('[I5] a forwarded command that the network repeats takes effect once', async () => {
  const repeated: CarriedMessage[] = [];
  const carry = (message: CarriedMessage): boolean => {
    if (typeCarried(message) === 'Propose') repeated.push(message);
    return true;
  };
  const { cluster, others } = await ledVirtually({ carry });
  const follower = others[0].id;
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
  const limits = { proposalBytesMax: 8 };
  const { cluster, leader, others } = await ledVirtually({ carry, limits });
  const follower = others[0].id;
  leader.disk.holds = true;
  const ended: string[] = [];
  const note = ({ type }: ProposalOutcome): number => ended.push(type);
  for (const text of ['written', 'full']) {
    leader.node.submit(new TextEncoder().encode(text), { timeoutMs: 60_000 }, note);
    await cluster.pass(10);
  }
  cluster.member(follower).node.submit(new TextEncoder().encode('x'), { timeoutMs: 60_000 }, note);
  await cluster.until('the second attempt', () => seen.length > 1);
  letWrite(cluster, leader);
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
  const scene = await ledVirtually({ carry });
  const { cluster, leader: first } = scene;
  const follower = scene.others[0].id;
  await cluster.submit(follower, 'in the first term');
  cluster.isolate(first.id);
  await anotherLeader(scene);
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
