/** Binds the names of the replication chart to the rules of progress (`src/rules/progress.ts`). */
import type { ReplicationEffect } from '../src/core/effect.ts';
import { COMMIT_NOTICE_DELAY_MS, PROGRESS_TIMEOUT_MS } from '../src/core/limits.ts';
import type { ReplicationState } from '../src/core/replication-state.ts';
import { greater } from '../src/core/types.ts';
import * as progress from '../src/rules/progress.ts';
import { performer } from './perform.ts';
import { replicationMachine } from './replication.machine.ts';
import type { ReplicationEvent } from './replication.types.ts';

const perform = performer<ReplicationState, ReplicationEvent, ReplicationEffect>();

function learn(changes: Partial<ReplicationState>): progress.ReplicationStep {
  return { changes, effects: [] };
}

export const replication = replicationMachine.provide({
  guards: {
    answersProbe: ({ context }, { matchIndex }) => progress.answersProbe(context, matchIndex),
    isProgress: ({ context }, { matchIndex }) => matchIndex > context.matchIndex,
    isOpenProbe: ({ context }, answer) => progress.isOpenRejection(context, answer, true),
    isOpenAppend: ({ context }, answer) => progress.isOpenRejection(context, answer, false),
    maySend: ({ context }) => progress.hasMore(context) && progress.hasWindow(context),
    isWindowFull: ({ context }) => progress.hasMore(context),
    isCaughtUp: ({ context }) => progress.isIdle(context),
    owesCommit: ({ context }) => progress.owesCommit(context),
    owesUrgently: ({ context }) => progress.owesUrgently(context),
  },
  actions: {
    probe: perform(progress.probe),
    probeAgain: perform(progress.probeAgain),
    sendEntries: perform(progress.sendEntries),
    heartbeat: perform(progress.heartbeat),
    recordSent: perform(progress.entriesSent),
    recordGrowth: perform((state, { lastIndex, commitIndex }) =>
      learn({ lastIndex, commitIndex: greater(commitIndex, state.commitIndex) }),
    ),
    recordCommit: perform((state, { commitIndex }) =>
      learn({ commitIndex: greater(commitIndex, state.commitIndex) }),
    ),
    recordWait: perform((state, { index }) =>
      learn({ awaitedIndex: greater(index, state.awaitedIndex) }),
    ),
    recordRound: perform((state, { round, commitIndex }) =>
      learn({ round, commitIndex: greater(commitIndex, state.commitIndex) }),
    ),
    recordAcceptance: perform(progress.recordAcceptance),
    recordContact: perform((state, { round }) => progress.reportContact(state, round)),
    backtrack: perform(progress.backtrack),
    restart: perform(progress.restart),
    reportStall: perform(progress.reportStall),
  },
  delays: { progressTimeout: PROGRESS_TIMEOUT_MS, commitNoticeDelay: COMMIT_NOTICE_DELAY_MS },
});
