/**
 * A counter whose increments are numbered within sessions, as a client numbers what it may have to send twice
 * (§6.3): a number that its session has used before changes nothing and is answered as it was the first time
 * (LZ9). An increment that is counted twice, or a retry that is answered anew, shows in the next answer.
 */
import type { SequentialModel } from '../sequential-model.ts';

export type SessionCounterInput =
  | { readonly type: 'increment'; readonly session: string; readonly sequence: number }
  | { readonly type: 'read' };

/** Of a read, and after an increment. */
export interface SessionCounterOutput {
  readonly count: number;
}

export interface SessionCounterState {
  readonly count: number;
  /** The count that each increment was answered with, by session and sequence. */
  readonly answers: Readonly<Record<string, number>>;
}

export const sessionCounter: SequentialModel<
  SessionCounterState,
  SessionCounterInput,
  SessionCounterOutput
> = {
  initial: { count: 0, answers: {} },
  partitionOf: () => 'counter',
  apply: (state, input, output) => {
    const answer = answerOf(state, input);
    if (output !== null && output.count !== answer) return null;
    if (input.type === 'read' || state.answers[nameOf(input)] !== undefined) return state;
    return { count: answer, answers: { ...state.answers, [nameOf(input)]: answer } };
  },
  isPassive: ({ type }) => type === 'read',
  canLeadTo: ({ count }, _, output) => count <= output.count,
  /** Sorted, since the same answers may have been given in another order of names. */
  fingerprint: ({ count, answers }) => JSON.stringify([count, ...Object.entries(answers).sort()]),
  describe: (input, output) => {
    const asked = input.type === 'read' ? 'read' : `increment ${nameOf(input)}`;
    return `${asked} → ${output === null ? '?' : output.count}`;
  },
};

function answerOf({ count, answers }: SessionCounterState, input: SessionCounterInput): number {
  return input.type === 'read' ? count : (answers[nameOf(input)] ?? count + 1);
}

/** The number first: whatever a session is called, no two names are equal. */
function nameOf({
  session,
  sequence,
}: Extract<SessionCounterInput, { type: 'increment' }>): string {
  return `${sequence} of ${session}`;
}
