/** Commitment (family C of the known bugs): what may be called committed, by whom, and when, where no play tells. */
import { expect, it } from 'vitest';
import { staticConfiguration } from '../../src/core/configuration.ts';
import { index, term } from '../../src/core/types.ts';
import { advanceCommit, leaderCommitIndex } from '../../src/rules/commit.ts';
import { MiniCluster } from '../cluster/mini-cluster.ts';
import { logOf, N1, N2, N3, N4, raftState } from '../machines/harness.ts';
import { emptyLogs } from '../paper/names.ts';

it('[C6] one that applied more than its disk held when it died starts again and catches up', async () => {
  const cluster = await MiniCluster.start({ logs: emptyLogs(3) });
  await cluster.elect(N1);
  await cluster.elapse(100);
  cluster.slowDisks.add(N2);
  cluster.member(N1).propose('a', 'b');
  await cluster.settle();
  cluster.member(N1).propose('c');
  await cluster.settle();
  const { applied, disk } = cluster.member(N2);
  expect([applied.length, disk.entries.length]).toEqual([3, 1]);
  await cluster.crash(N2);
  cluster.slowDisks.clear();
  const again = await cluster.start(N2);
  expect([again.error, again.state.commitIndex, again.entries.length]).toEqual([null, 0, 1]);
  await cluster.elapse(200);
  expect(again.applied.slice(0, 3)).toEqual(applied);
  expect(again.applied).toHaveLength(4);
});

it('[C7] what waits for a member that leaves is committed as soon as the smaller quorum holds it', () => {
  const before = raftState({
    term: term(2),
    leaderId: N1,
    log: logOf([1, 2, 2]),
    configuration: staticConfiguration([N1, N2, N3, N4]),
    matchIndex: { [N2]: index(3), [N3]: index(1), [N4]: index(1) },
    commitIndex: index(1),
  });
  expect(leaderCommitIndex(before)).toBe(1);
  const committed = (voters: readonly (typeof N1)[]) =>
    advanceCommit(before, { configuration: staticConfiguration(voters) });
  for (const voters of [[N1, N2, N3], [N1, N2], [N1]]) {
    expect(committed(voters)).toEqual({
      changes: { configuration: staticConfiguration(voters), commitIndex: 3 },
      effects: [{ type: 'commit', commitIndex: 3, term: 2 }],
    });
  }
});
