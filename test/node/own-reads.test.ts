/** Reads of what was written, at any member, without a question to the leader. */
import { describe, expect, it } from 'vitest';
import type { RaftError } from '../../src/core/errors.ts';
import { type EntryId, nextIndex, nextTerm } from '../../src/core/types.ts';
import type { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';

async function written(cluster: VirtualCluster, at: string, text: string): Promise<EntryId> {
  const outcome = await cluster.submit(at, text);
  if (outcome.type === 'failed') throw outcome.error;
  return { term: outcome.term, index: outcome.index };
}

/** What a member says to reads of these entries, in the order in which it says it. */
function asked(cluster: VirtualCluster, at: string, timeoutMs: number, ...entries: EntryId[]) {
  const told: { readonly index: number; readonly error: RaftError | null }[] = [];
  for (const atLeast of entries) {
    const { index } = atLeast;
    const tell = (error: RaftError | null): void => void told.push({ index, error });
    cluster.member(at).node.awaitReadable({ timeoutMs, atLeast }, tell);
  }
  return told;
}

describe('a read that names an entry', () => {
  it('[RD5] is answered by a member that hears nobody, if that has applied it', async () => {
    const { cluster, leader, others } = await ledVirtually();
    const entry = await written(cluster, leader.id, 'a');
    await cluster.pass(100);
    cluster.isolate(others[0].id);
    await cluster.pass(2_000);
    const told = asked(cluster, others[0].id, 500, entry);
    expect(told).toEqual([]);
    await cluster.pass(5);
    expect(told).toEqual([{ index: entry.index, error: null }]);
  });

  it('[RD5] waits until this member has applied it, and no longer', async () => {
    const { cluster, leader, others } = await ledVirtually();
    const follower = others[0].id;
    cluster.isolate(follower);
    const first = await written(cluster, leader.id, 'a');
    const second = await written(cluster, leader.id, 'b');
    const told = asked(cluster, follower, 60_000, second, first);
    await cluster.pass(1_000);
    expect(told).toEqual([]);
    cluster.mend(follower);
    await cluster.until('both answers', () => told.length === 2);
    expect(told.map(({ error }) => error)).toEqual([null, null]);
    expect(cluster.applied(follower)).toEqual(['a', 'b']);
  });

  it('[RD5] ends at its deadline in words that say how far this member is', async () => {
    const { cluster, leader, others } = await ledVirtually();
    const { term, index } = await written(cluster, leader.id, 'a');
    await cluster.pass(100);
    const told = asked(cluster, others[0].id, 300, { term, index: nextIndex(index) });
    await cluster.pass(290);
    expect(told).toEqual([]);
    await cluster.pass(60);
    expect(told[0]?.error).toMatchObject({ code: 'RAFT_TIMED_OUT', retry: 'safe' });
    expect(told[0]?.error?.message).toContain(
      `has applied the log through ${index}, and the read is of entry ${index + 1}`,
    );
  });

  it('[RD5] is told so if another entry stands there, whichever is the newer', async () => {
    const { cluster, leader, others } = await ledVirtually();
    const { term, index } = await written(cluster, leader.id, 'a');
    await cluster.pass(100);
    const told = asked(cluster, others[0].id, 300, { term: nextTerm(term), index });
    await cluster.pass(5);
    expect(told[0]?.error).toMatchObject({ code: 'RAFT_OVERWRITTEN', retry: 'never' });
    expect(told[0]?.error?.message).toContain(
      `entry ${index} of the log is not of term ${term + 1}`,
    );
  });

  it('[RD5] [FS4] is told of the end of its node', async () => {
    const { cluster, leader, others } = await ledVirtually();
    const { term, index } = await written(cluster, leader.id, 'a');
    const told = asked(cluster, others[0].id, 60_000, { term, index: nextIndex(index) });
    const before = asked(cluster, others[0].id, 60_000, { term, index: nextIndex(index) });
    void others[0].node.close();
    await cluster.until('the end', () => told.length + before.length === 2);
    expect(told[0]?.error?.retry).toBe('safe');
  });
});
