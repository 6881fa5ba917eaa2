/** Binds the names of the founding chart to the rules of founding by number. */
import { assign, emit } from 'xstate';
import { FOUNDING_NEWS_PAUSE_MS, FOUNDING_QUESTION_PAUSE_MS } from '../../src/core/limits.ts';
import {
  askedOnceMore,
  heardWord,
  isLate,
  isOutOfPatience,
  nextToStore,
  standingOf,
  stored,
} from '../../src/rules/founding-progress.ts';
import { foundingMachine } from '../founding.machine.ts';

export const founding = foundingMachine.provide({
  guards: {
    isMoreToStore: ({ context }, { word }) => nextToStore(heardWord(context, word)) !== null,
    tellsOfCluster: ({ context }, { word }) => isLate(heardWord(context, word)),
    isFoundation: (_, { state }) => state.foundation !== null,
    isOwnProposal: ({ context: { own } }, { state }) =>
      standingOf({ ...own, state }) === 'proposing',
    isPromise: (_, { state }) => state.promised !== null,
    isOutOfPatience: ({ context }) => isOutOfPatience(context),
  },
  actions: {
    ask: emit({ type: 'askFounders' }),
    countQuestion: assign(({ context }) => askedOnceMore(context)),
    recordWord: assign(({ context }, { word }) => heardWord(context, word)),
    recordCluster: assign((_, { clusterId }) => ({ met: clusterId })),
    store: emit(({ context }) => ({
      type: 'storeFounding',
      state: nextToStore(context) ?? context.own.state,
    })),
    recordStored: assign(({ context }, { state }) => stored(context, state)),
    recordError: assign((_, { error }) => ({ error })),
  },
  delays: { questionPause: FOUNDING_QUESTION_PAUSE_MS, newsPause: FOUNDING_NEWS_PAUSE_MS },
});
