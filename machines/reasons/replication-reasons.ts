/** Why the guards of the replication chart say what they say: most of them look ahead, at what the news will leave. */
import type { ReplicationState } from '../../src/core/replication-state.ts';
import { lesser } from '../../src/core/types.ts';
import { learn, learnRejected, type ReplicationLesson } from '../../src/rules/progress.ts';
import type { replicationMachine } from '../replication.machine.ts';
import { placeOf, type ReasonsFor } from './words.ts';

type Context = { readonly context: ReplicationState };

/** In the words for the state that the news leaves. */
const after =
  (words: (state: ReplicationState) => string) =>
  ({ context }: Context, news: ReplicationLesson): string =>
    words({ ...context, ...learn(context, news) });

export const replicationReasons: ReasonsFor<typeof replicationMachine> = {
  isOfHeartbeat: ({ context: { nextIndex } }, { matchIndex }) =>
    `the answer goes as far as ${matchIndex}, the probe as far as ${nextIndex - 1}`,
  isLate: ({ context: { matchIndex: known } }, { matchIndex }) =>
    `the answer says ${matchIndex}, and ${known} was known before`,
  isOpenProbe: ({ context: { nextIndex } }, { prevIndex }) =>
    `it answers what was asked at ${prevIndex}, and the open question is at ${nextIndex - 1}`,
  isOpenAppend: ({ context }, { prevIndex }) => openAppend(context, prevIndex),
  isOpenProbeBelowBase: ({ context }, answer) =>
    `it answers what was asked at ${answer.prevIndex}; ${snapshotNeed({ ...context, ...learnRejected(context, answer) })}, as its hint ${placeOf(answer.rejection.hint)} shows`,
  isOpenAppendBelowBase: ({ context }, answer) =>
    `${openAppend(context, answer.prevIndex)}; ${snapshotNeed({ ...context, ...learnRejected(context, answer) })}, as its hint ${placeOf(answer.rejection.hint)} shows`,
  losesNext: after(snapshotNeed),
  leavesBaseLacked: after(snapshotNeed),
  leavesMore: after((state) => `${moreOf(state)}; ${windowOf(state)}`),
  leavesNoRoom: after(moreOf),
  leavesUnanswered: after(windowOf),
  leavesCommitAwaited: after(
    ({ awaitedIndex, commitIndex, commitIndexSent }) =>
      `its callers wait for ${lesser(awaitedIndex, commitIndex)}, and it was told that ${commitIndexSent} is committed`,
  ),
  leavesCommitUntold: after(
    ({ commitIndex, commitIndexSent }) =>
      `${commitIndex} is committed, and it was told ${commitIndexSent}`,
  ),
};

function openAppend({ matchIndex, nextIndex }: ReplicationState, prevIndex: number): string {
  return `it answers what was sent behind ${prevIndex}; ${matchIndex} is held, and all before ${nextIndex} was sent`;
}

function snapshotNeed({ baseIndex, nextIndex }: ReplicationState): string {
  return `it needs ${nextIndex} next, and the log begins behind ${baseIndex}`;
}

function moreOf({ lastIndex, nextIndex }: ReplicationState): string {
  const count = lastIndex - nextIndex + 1;
  return count > 0
    ? `${count} ${count === 1 ? 'entry' : 'entries'} to send, ${nextIndex} to ${lastIndex}`
    : `all is sent, through ${lastIndex}`;
}

function windowOf({ inflight, inflightBytes, limits }: ReplicationState): string {
  return inflight.length === 0
    ? 'nothing is under way'
    : `under way: ${inflight.length} of ${limits.inflightMessagesMax} messages, ${inflightBytes} of ${limits.inflightBytesMax} bytes`;
}
