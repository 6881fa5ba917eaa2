/** Why the guards of the smaller charts say what they say. */
import { FORWARDS_COUNTED_MAX } from '../../src/core/limits.ts';
import type { AppliedSoFar } from '../../src/rules/snapshots.ts';
import type { applierMachine } from '../applier.machine.ts';
import type { forwardingMachine } from '../forwarding.machine.ts';
import type { linkMachine } from '../link.machine.ts';
import type { logWriterMachine } from '../log-writer.machine.ts';
import type { nodeMachine } from '../node.machine.ts';
import type { SnapshotterContext, snapshotterMachine } from '../snapshotter.machine.ts';
import type { ReasonsFor } from './words.ts';

export const nodeReasons: ReasonsFor<typeof nodeMachine> = {
  isUnlinked: ({ context: { recovered }, outcome }, { peer }) => {
    if (peer === recovered?.id) return `${peer} is this node itself`;
    return outcome ? `${peer} has no link yet` : `${peer} has a link`;
  },
};

export const linkReasons: ReasonsFor<typeof linkMachine> = {
  isCurrent: ({ context, outcome }, { attempt }) =>
    outcome
      ? `it is of connection ${attempt}, the present one`
      : `it is of connection ${attempt}, and ${context.attempt} is the present one`,
  wasCalled: ({ context: { peer }, outcome }) =>
    outcome ? `${peer} has called, and does not any more` : `${peer} has not called yet`,
};

export const logWriterReasons: ReasonsFor<typeof logWriterMachine> = {
  isCurrent: ({ context }, { batch }) => batchOf(batch, context.batch),
  isCurrentAndMoreWaits: ({ context }, { batch }) =>
    `${batchOf(batch, context.batch)}; ${context.hasMore ? 'more waits' : 'nothing waits'}`,
};

function batchOf(batch: number, present: number): string {
  return `write ${batch} is done, and ${present} is the newest`;
}

export const applierReasons: ReasonsFor<typeof applierMachine> = {
  isAllApplied: ({ context: { commitIndex } }, { throughIndex }) =>
    `${throughIndex} is applied, ${commitIndex} is committed`,
};

export const forwardingReasons: ReasonsFor<typeof forwardingMachine> = {
  spendsLastCredit: ({ context: { credit } }) => `${credit} may go before the next answer`,
  earnsTrust: ({ context: { credit } }) =>
    `${credit + 2} may go now; from ${FORWARDS_COUNTED_MAX} on they are not counted`,
};

export const snapshotterReasons: ReasonsFor<typeof snapshotterMachine> = {
  isDue: ({ context }, applied) => sinceInWords(context, applied),
  isDueByAge: ({ context: { thresholds } }) =>
    thresholds.ageMs === null ? 'age is no reason here' : `one is due after ${thresholds.ageMs} ms`,
  isDueAgain: ({ context }) => sinceInWords(context, context.applied),
  isAgeing: ({ context }) =>
    `${sinceInWords(context, context.applied)}; ${context.thresholds.ageMs === null ? 'age is no reason here' : 'age counts'}`,
  hasReleased: ({ outcome }) =>
    outcome ? 'somebody has let go of an older one' : 'nobody has let go of an older one',
};

function sinceInWords({ since, thresholds }: SnapshotterContext, applied: AppliedSoFar): string {
  const of = (threshold: number | null): string => (threshold === null ? '' : ` of ${threshold}`);
  const entries = applied.lastApplied - since.lastApplied;
  const bytes = applied.bytes - since.bytes;
  return `since the last one ${entries}${of(thresholds.entries)} entries, ${bytes}${of(thresholds.bytes)} bytes`;
}
