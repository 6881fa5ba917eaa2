/** A learner that slept through its promotion, and hears of it from a snapshot alone (§4.2.1, §5.2). */
import { expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import type { RoleEvent } from '../../src/ports/replica.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { KeptList } from './kept-list.ts';
import { at, CHANGED, gate, members, names, typeIn } from './members-stage.ts';

function carries({ frames }: CarriedMessage, type: string): boolean {
  return frames.some((frame) => typeIn(frame) === type);
}

function namesOldVoters({ frames }: CarriedMessage): boolean {
  return frames.some((frame) => new TextDecoder().decode(frame).includes('"votersOutgoing":["n'));
}

/** Three voters, and `n4`, which had the whole log when it was promoted and has heard nothing since. */
async function promotedInItsSleep(): Promise<VirtualCluster> {
  gate.isOpen = () => true;
  const cluster = await VirtualCluster.start(3, {
    machine: () => new KeptList(),
    adapt: (own) => ({ ...own, snapshots: { entries: 4, trailingEntries: 1 } }),
    carry: (message) => gate.isOpen(message),
  });
  const { id } = await cluster.leader();
  await cluster.submit(id, 'first');
  await cluster.join('n4');
  expect(await cluster.change(id, { add: at('n4') })).toMatchObject(CHANGED);
  await cluster.pass(300);
  let sleeps = false;
  gate.isOpen = (message) => {
    sleeps ||= message.to === 'at-n4' && namesOldVoters(message);
    return !(sleeps && [message.to, message.from].includes('at-n4'));
  };
  expect(await cluster.change(id, { promote: names('n4') })).toMatchObject(CHANGED);
  const committed = cluster.member(id).node.status().lastIndex;
  for (let each = 0; each < 20; each += 1) await cluster.submit(id, `${each}`);
  await cluster.until('the log is cut', () => {
    return cluster.member(id).node.status().firstIndex > committed + 1;
  });
  expect(members(cluster, 'n4').voters).not.toContain('n4');
  return cluster;
}

it('[MC5] [IS2] whoever learns from a snapshot that it votes follows and campaigns, though no leader speaks any more', async () => {
  const cluster = await promotedInItsSleep();
  const { node } = cluster.member('n4');
  const told: RoleEvent[] = [];
  node.onRole((event) => told.push(event));
  const stateOf = (): string | null => node.inspection().state;
  // It begins to fetch the snapshot, hears its leader no more, and is let fetch the rest.
  let asked = 0;
  gate.isOpen = (message) => {
    asked += carries(message, 'PullChunk') && message.from === 'at-n4' ? 1 : 0;
    const isSilent = asked >= 2 && message.to === 'at-n4' && carries(message, 'AppendEntries');
    const isHeld = carries(message, 'SnapshotChunk') && asked >= 2;
    return !isSilent && (!isHeld || stateOf() === 'learner.doubtful');
  };
  cluster.resetLinks('n4');
  await cluster.until('silence', () => stateOf() === 'learner.doubtful');
  await cluster.until('its place', () => members(cluster, 'n4').voters.includes(nodeId('n4')));
  expect(stateOf()).toBe('follower.doubtful');
  await cluster.until('a campaign', () => stateOf() === 'preCandidate');
  expect(told.map(({ role }) => role).slice(-2)).toEqual(['follower', 'preCandidate']);
  gate.isOpen = () => true;
  const last = cluster.member((await cluster.leader()).id).node.status().commitIndex;
  await cluster.until('it is in sync', () => node.status().lastApplied >= last);
});
