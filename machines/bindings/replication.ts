/** Binds the names of the replication chart to the rules of progress (`src/rules/progress.ts`). */
import type { ReplicationEffect } from '../../src/core/effect.ts';
import { COMMIT_NOTICE_DELAY_MS, PROGRESS_TIMEOUT_MS } from '../../src/core/limits.ts';
import type { ReplicationState } from '../../src/core/replication-state.ts';
import * as progress from '../../src/rules/progress.ts';
import { replicationMachine } from '../replication.machine.ts';
import type { ReplicationEvent } from '../replication.types.ts';
import { performer } from './perform.ts';

const perform = performer<ReplicationState, ReplicationEvent, ReplicationEffect>();

/** Whether that will be so once the news is taken in: a guard is asked before the actions. */
const leaves =
  (judge: (state: ReplicationState) => boolean) =>
  ({ context }: { readonly context: ReplicationState }, news: progress.ReplicationLesson) =>
    judge({ ...context, ...progress.learn(context, news) });

function endsBelowBase(state: ReplicationState, answer: progress.Rejection): boolean {
  return progress.needsSnapshot({ ...state, ...progress.learnRejected(state, answer) });
}

export const replication = replicationMachine.provide({
  guards: {
    isOfHeartbeat: ({ context }, { matchIndex }) => !progress.answersProbe(context, matchIndex),
    isLate: ({ context }, { matchIndex }) => matchIndex <= context.matchIndex,
    isOpenProbe: ({ context }, answer) => progress.isOpenRejection(context, answer, true),
    isOpenAppend: ({ context }, answer) => progress.isOpenRejection(context, answer, false),
    isOpenProbeBelowBase: ({ context }, answer) =>
      progress.isOpenRejection(context, answer, true) && endsBelowBase(context, answer),
    isOpenAppendBelowBase: ({ context }, answer) =>
      progress.isOpenRejection(context, answer, false) && endsBelowBase(context, answer),
    losesNext: leaves(progress.needsSnapshot),
    leavesBaseLacked: leaves(progress.needsSnapshot),
    leavesMore: leaves((state) => progress.hasMore(state) && progress.hasWindow(state)),
    leavesNoRoom: leaves(progress.hasMore),
    leavesUnanswered: leaves(({ inflight }) => inflight.length > 0),
    leavesCommitAwaited: leaves(progress.owesUrgently),
    leavesCommitUntold: leaves(progress.owesCommit),
  },
  actions: {
    probe: perform(progress.probe),
    probeAgain: perform(progress.probeAgain),
    sendEntries: perform(progress.sendEntries),
    heartbeat: perform(progress.heartbeat),
    tellAwaited: perform(progress.tellAwaited),
    learn: perform((state, news) => ({ changes: progress.learn(state, news), effects: [] })),
    recordAcceptance: perform(progress.recordAcceptance),
    recordContact: perform((state, { round }) => progress.reportContact(state, round)),
    backtrack: perform(progress.backtrack),
    offerSnapshot: perform(progress.offerSnapshot),
    restart: perform(progress.restart),
    reportStall: perform(progress.reportStall),
  },
  delays: { progressTimeout: PROGRESS_TIMEOUT_MS, commitNoticeDelay: COMMIT_NOTICE_DELAY_MS },
});
