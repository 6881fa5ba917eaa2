/**
 * What is being simulated upon Raft: a replicated machine, what its clients do, and how to judge what they saw.
 * The key-value store is one (`key-value-subject.ts`); a machine of your own is another.
 */
import type { StateMachine } from '../../../ports/state-machine.ts';
import { checkLinearizability } from '../../linearizability/check-linearizability.ts';
import { describeViolation } from '../../linearizability/describe-violation.ts';
import type { Operation } from '../../linearizability/operation.ts';
import type { SequentialModel } from '../../linearizability/sequential-model.ts';
import type { SeededRandom } from '../runtime/random.ts';

/** Who draws: a client and how many calls it has made before. Enough for values that are never used twice. */
export interface Caller {
  readonly client: number;
  readonly sequence: number;
}

/** How the last call of the same client ended, so that it can be repeated, or what was read be used. */
export type Previous<Input, Output> =
  | { readonly type: 'answered'; readonly input: Input; readonly output: Output }
  /** `refused`: it certainly never took effect. `unknown`: it may have, or may yet. */
  | { readonly type: 'refused' | 'unknown'; readonly input: Input };

/** What came of judging a history. */
export interface Judgement {
  /** In words; `null`: nothing was found. */
  readonly fault: string | null;
  /** False: the question was too hard to be answered within its bound. */
  readonly isDecided: boolean;
}

export type Judge<Input, Output> = (history: readonly Operation<Input, Output>[]) => Judgement;

/** Bound: what one history may cost; a few steps for each operation are enough for a store that works. */
const STEPS_MAX = 300_000;

/** Judges against one copy without Raft: strict linearizability (S32). */
export function linearizable<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
): Judge<Input, Output> {
  return (history) => {
    const verdict = checkLinearizability(model, history, { stepsMax: STEPS_MAX });
    const fault = verdict.type === 'violation' ? describeViolation(model, verdict) : null;
    return { fault, isDecided: verdict.type !== 'undecided' };
  };
}

export interface Subject<Input, Output, Machine extends StateMachine> {
  readonly name: string;
  /** A new, empty replica: called for each life of each node. */
  readonly create: () => Machine;
  /**
   * What a client does next; `previous` is `null` at its first call. Draw all chance from `random`, or runs
   * will not repeat.
   */
  readonly draw: (
    random: SeededRandom,
    caller: Caller,
    previous: Previous<Input, Output> | null,
  ) => Input;
  /** The bytes of the command; `null`: this only reads, from a replica that is up to date. */
  readonly encode: (input: Input) => Uint8Array | null;
  readonly read: (machine: Machine, input: Input) => Output;
  /** What the machine returned for a command, as a client would see it. */
  readonly decode: (result: unknown) => Output;
  /** Equal texts exactly for equal states. */
  readonly digest: (machine: Machine) => string;
  /** What clients saw, all of it: `linearizable(model)`, or rules of your own. */
  readonly judge: Judge<Input, Output>;
}
