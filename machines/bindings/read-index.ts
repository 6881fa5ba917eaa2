/** Binds the names of the read-index chart (§6.4). */
import { assign, emit } from 'xstate';
import type { ReadIndexEffect } from '../../src/core/effect.ts';
import { greater } from '../../src/core/types.ts';
import { leaseMs } from '../../src/rules/timing.ts';
import {
  type ReadIndexContext,
  type ReadIndexEvent,
  readIndexMachine,
} from '../read-index.machine.ts';
import { performer } from './perform.ts';

const perform = performer<ReadIndexContext, ReadIndexEvent, ReadIndexEffect>();

export const readIndex = readIndexMachine.provide({
  guards: {
    servesReads: (_, { servesReads }) => servesReads,
    knowsLeader: (_, { leaderId }) => leaderId !== null,
    answersQuestion: ({ context }, { requestId }) => requestId === context.requestId,
    isAskedLeader: ({ context }, { peer }) => peer === context.leaderId,
    isReadable: (_, { readIndex, lastApplied }) => readIndex <= lastApplied,
    grantsLease: ({ context }) => leaseMsOf(context) > 0 && context.askedMs !== null,
    isAllReadable: ({ context }, { lastApplied }) => lastApplied >= context.readIndex,
  },
  delays: { leaseDuration: ({ context }) => leaseMsOf(context) },
  actions: {
    askRound: perform((_, { nowMs }) => ({
      changes: { askedMs: nowMs },
      effects: [{ type: 'askRound' }],
    })),
    recordLease: assign(({ context }) => ({ leaseFromMs: context.askedMs, askedMs: null })),
    forgetLease: assign({ askedMs: null, leaseFromMs: null }),
    askLeader: perform(({ requestId }, { leaderId, term }) => ({
      changes: { requestId: requestId + 1, leaderId },
      effects:
        leaderId === null ? [] : [{ type: 'askLeader', leaderId, term, requestId: requestId + 1 }],
    })),
    confirmReads: emit((_, { readIndex }) => ({ type: 'readsConfirmed', readIndex })),
    takeReadsBack: emit({ type: 'readsTakenBack' }),
    recordWait: assign(({ context }, { readIndex }) => ({
      readIndex: greater(readIndex, context.readIndex),
    })),
    answerReads: emit((_, { lastApplied }) => ({ type: 'readsReadable', lastApplied })),
  },
});

function leaseMsOf({ leases }: ReadIndexContext): number {
  return leases === null ? 0 : leaseMs(leases);
}
