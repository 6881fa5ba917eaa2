/** Binds the names of the read-index chart (§6.4). */
import { assign, emit } from 'xstate';
import type { ReadIndexEffect } from '../src/core/effect.ts';
import { greater } from '../src/core/types.ts';
import { performer } from './perform.ts';
import {
  type ReadIndexContext,
  type ReadIndexEvent,
  readIndexMachine,
} from './read-index.machine.ts';

const perform = performer<ReadIndexContext, ReadIndexEvent, ReadIndexEffect>();

export const readIndex = readIndexMachine.provide({
  guards: {
    servesReads: (_, { servesReads }) => servesReads,
    knowsLeader: (_, { leaderId }) => leaderId !== null,
    answersQuestion: ({ context }, { requestId }) => requestId === context.requestId,
    isAskedLeader: ({ context }, { peer }) => peer === context.leaderId,
    isReadable: (_, { readIndex, lastApplied }) => readIndex <= lastApplied,
    isAllReadable: ({ context }, { lastApplied }) => lastApplied >= context.readIndex,
  },
  actions: {
    askRound: perform(() => ({ changes: {}, effects: [{ type: 'askRound' }] })),
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
