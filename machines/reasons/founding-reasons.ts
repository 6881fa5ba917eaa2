/** Why the guards of the founding chart say what they say. */
import { FOUNDING_QUESTIONS_MAX } from '../../src/core/limits.ts';
import type { foundingMachine } from '../founding.machine.ts';
import type { ReasonsFor } from './words.ts';

export const foundingReasons: ReasonsFor<typeof foundingMachine> = {
  isMoreToStore: ({ outcome }, { word }) =>
    outcome
      ? `what ${word.self.id} says changes what this node is to say`
      : `what ${word.self.id} says leaves this node as it is`,
  tellsOfCluster: ({ outcome }, { word }) =>
    outcome
      ? `${word.self.id} is in a cluster without this node`
      : `${word.self.id} is in no cluster yet`,
  isFoundation: ({ outcome }) =>
    outcome ? 'its cluster is founded' : 'its cluster is not founded yet',
  isOwnProposal: (_, { state }) => promiseOf(state.promised?.founder.id),
  isPromise: (_, { state }) => promiseOf(state.promised?.founder.id),
  isOutOfPatience: ({ context: { asked, promisedAt } }) =>
    `asked ${asked - promisedAt} times since it has proposed, ${FOUNDING_QUESTIONS_MAX} are enough`,
};

function promiseOf(founder: string | undefined): string {
  return founder === undefined ? 'it has promised nothing' : `it has promised itself to ${founder}`;
}
