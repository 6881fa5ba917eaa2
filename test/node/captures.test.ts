/** Readers of a member's state: what they are given, and when (BK1). */
import { expect, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import type { CaptureOutcome } from '../../src/ports/replica.ts';
import { VirtualCluster, type VirtualMember } from '../../src/testing/virtual-cluster.ts';
import { KeptList } from './kept-list.ts';

interface Stage {
  readonly cluster: VirtualCluster;
  readonly member: VirtualMember;
  readonly machine: KeptList;
}

async function stage(): Promise<Stage> {
  const cluster = await VirtualCluster.start(1, { machine: () => new KeptList() });
  await cluster.leader();
  const member = cluster.member('n1');
  return { cluster, member, machine: member.machine as KeptList };
}

async function captured({ cluster, member }: Stage): Promise<CaptureOutcome> {
  const outcomes: CaptureOutcome[] = [];
  member.node.capture((outcome) => outcomes.push(outcome));
  expect(outcomes).toEqual([]);
  await cluster.until('the state', () => outcomes.length === 1);
  return outcomes[0] as CaptureOutcome;
}

async function textsOf(outcome: CaptureOutcome): Promise<readonly string[]> {
  if (outcome.type === 'failed') throw outcome.error;
  const chunks: Uint8Array[] = [];
  for await (const chunk of outcome.state.view.chunks()) chunks.push(chunk);
  outcome.state.view.release();
  // The table of sessions and the number of commands are in front.
  return chunks.slice(2).map((chunk) => new TextDecoder().decode(chunk));
}

it('[BK1] a reader gets the state with the entry that it is of, and commands go on', async () => {
  const stood = await stage();
  const { cluster, machine, member } = stood;
  for (const text of ['a', 'b']) await cluster.submit('n1', text);
  const { lastApplied, term } = member.node.status();
  const outcome = await captured(stood);
  await cluster.submit('n1', 'c');
  expect(outcome).toMatchObject({
    type: 'captured',
    state: { meta: { lastEntry: { index: lastApplied, term }, membership: { index: 0 } } },
  });
  expect(await textsOf(outcome)).toEqual(['a', 'b']);
  expect(machine.views).toBe(0);
  expect(member.node.status().snapshotIndex).toBe(0);
});

it('[BK1] also right behind a snapshot that the log was cut at, and beside one that is taken', async () => {
  const stood = await stage();
  const { cluster, member } = stood;
  await cluster.submit('n1', 'a');
  member.node.snapshot({ timeoutMs: 5_000 }, () => {});
  const beside = await captured(stood);
  await cluster.until('the snapshot', () => member.node.status().snapshotIndex > 0);
  expect([await textsOf(beside), await textsOf(await captured(stood))]).toEqual([['a'], ['a']]);
});

it('[BK1] a machine that fails, a node that has ended and too many readers are told of; nothing is held', async () => {
  const stood = await stage();
  const { cluster, machine, member } = stood;
  await cluster.submit('n1', 'a');
  const broken = new RaftError('RAFT_STATE_MACHINE_FAILED', 'not now');
  machine.snapshot = () => {
    throw broken;
  };
  expect(await captured(stood)).toMatchObject({ type: 'failed', error: { code: broken.code } });
  Reflect.deleteProperty(machine, 'snapshot');
  const outcomes: CaptureOutcome[] = [];
  for (let at = 0; at < 65; at += 1) member.node.capture((outcome) => outcomes.push(outcome));
  const closing = member.node.close();
  await Promise.all([closing, cluster.pass(3_000)]);
  expect(outcomes).toHaveLength(65);
  const codes = outcomes.map((each) => (each.type === 'failed' ? each.error.code : each.type));
  expect(codes.filter((code) => code === 'RAFT_OVERLOADED')).toHaveLength(1);
  for (const each of outcomes) if (each.type === 'captured') each.state.view.release();
  expect(machine.views).toBe(0);
  expect(await captured(stood)).toMatchObject({ type: 'failed', error: { code: 'RAFT_STOPPED' } });
});
