/** Requests for another leader that nobody answers, that are answered with a lie, or that never end (L11). */
import { RaftError } from '../../../../src/core/errors.ts';
import { nodeId } from '../../../../src/core/types.ts';
import type { RaftNode } from '../../../../src/node/raft-node.ts';
import { TransferWatch } from '../../../../src/testing/simulation/checks/transfer-watch.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import type { Fault } from '../../../../src/testing/simulation/plan/plan-faults.ts';
import type { World } from '../../../../src/testing/simulation/world/world.ts';
import { raftState } from '../../../machines/harness.ts';
import { type Example, leading, N2, N3 } from './example.ts';
import { meddle, onPhase, run } from './whole-runs.ts';

/** Time enough for the answer and its deadline, before everything is mended. */
const TRANSFER: Fault<'transfer'> = { type: 'transfer', node: N2, to: N3, atMs: 1_500, forMs: 0 };
const REFUSED = new RaftError('RAFT_TRANSFER_REFUSED', 'nobody leads but who leads');

function requesting(
  text: string,
  to: Fault<'transfer'>['to'],
  answerBy: (node: RaftNode, isWrong: boolean) => RaftNode['transferLeadership'],
): Example {
  return run('L11', text, (isWrong) => ({
    changes: { faults: [{ ...TRANSFER, to }] },
    prepare: (world) =>
      meddle(world, (node) => {
        node.transferLeadership = answerBy(node, isWrong);
      }),
  }));
}

/** For ever, or for a while. */
function refuseAll(world: World, isForEver: boolean): void {
  for (const { node } of world.all) {
    if (node === null) continue;
    const { transferLeadership } = node;
    node.transferLeadership = (_to, _options, completed) => {
      world.clock.setTimeout(() => completed({ type: 'failed', error: REFUSED }), 1);
    };
    if (isForEver) continue;
    world.clock.setTimeout(() => Object.assign(node, { transferLeadership }), 200);
  }
}

/** A leader is looked at when it begins to hand over, and after so many of its longest election timeouts. */
function lasting(timeouts: number, report: Report): void {
  const raft = raftState({ ...leading(1), transferTarget: N2 });
  const watch = new TransferWatch();
  const rate = 0.5;
  for (const atMs of [1_000, 1_000 + (timeouts * raft.timing.electionTimeoutMaxMs) / rate]) {
    watch.check(raft, { atMs, rate, wasFrozenSince: () => false }, report);
  }
}

export const OF_TRANSFERS: readonly Example[] = [
  requesting('a request for another leader is never answered', N3, (node, isWrong) => {
    const request = node.transferLeadership.bind(node);
    return (to, options, completed) => (isWrong ? undefined : request(to, options, completed));
  }),
  requesting('somebody is said to lead who never did', null, (node, isWrong) => {
    const request = node.transferLeadership.bind(node);
    const leader = nodeId('nobody');
    return (to, options, completed) =>
      isWrong ? completed({ type: 'moved', leader }) : request(to, options, completed);
  }),
  {
    property: 'L11',
    text: 'a leader hands over, and neither ends its lead nor leads on',
    play: (isWrong, report) => lasting(isWrong ? 1.5 : 0.9, report),
  },
  run('L11', 'leadership stays, although everything is mended', (isWrong) => ({
    prepare: (world) => onPhase(world, 'HAND OVER', () => refuseAll(world, isWrong)),
  })),
];
