/** The checker against a search through all orders, on a million small histories of all four models. */
import { expect, it } from 'vitest';
import { checkLinearizability } from '../../../src/testing/linearizability/check-linearizability.ts';
import type {
  RegisterInput,
  RegisterOutput,
  RegisterState,
} from '../../../src/testing/linearizability/models/register.ts';
import { sessionCounter } from '../../../src/testing/linearizability/models/session-counter.ts';
import type { Operation } from '../../../src/testing/linearizability/operation.ts';
import type { SequentialModel } from '../../../src/testing/linearizability/sequential-model.ts';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { someOrderExplains } from './brute-force.ts';
import type { RegisterOperation } from './histories.ts';
import { randomHistory } from './random-history.ts';
import { type SmallOperation, type Subject, translated } from './small-machines.ts';
import {
  appendListSubject,
  keyValueSubject,
  registerSubject,
  sessionCounterSubject,
} from './subjects.ts';

const HISTORIES = 250_000;
const STEPS_MAX = 10_000;

/** Says whether a history is linearizable. */
type Check<State, Input, Output> = (
  subject: Subject<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
) => boolean;

function isLinearizable<State, Input, Output>(
  { model }: Subject<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): boolean {
  const { type } = checkLinearizability(model, history, { stepsMax: STEPS_MAX });
  if (type === 'undecided') throw new Error('a small history was not decided');
  return type === 'linearizable';
}

interface Tally {
  linearizable: number;
  violations: number;
  /** Histories with an unknown outcome, by verdict. */
  unknownLinearizable: number;
  unknownViolations: number;
}

/** Throws, with the seed and the history, at the first on which the two disagree. */
function compare<State, Input, Output>(
  subject: Subject<State, Input, Output>,
  check: Check<State, Input, Output>,
  histories: number,
): Tally {
  const { machine } = subject;
  const tally = { linearizable: 0, violations: 0, unknownLinearizable: 0, unknownViolations: 0 };
  for (let number = 0; number < histories; number += 1) {
    const seed = `${machine.name} ${number}`;
    const small = randomHistory(machine, new SeededRandom(seed));
    const history = translated(subject, small);
    const expected = someOrderExplains(machine, small);
    if (check(subject, history) !== expected) {
      throw new Error(`seed "${seed}": linearizable is ${expected} of ${JSON.stringify(history)}`);
    }
    count(tally, small, expected);
  }
  return tally;
}

function count(tally: Tally, history: readonly SmallOperation[], isExplained: boolean): void {
  if (isExplained) tally.linearizable += 1;
  else tally.violations += 1;
  if (!history.some(({ answer }) => answer === null)) return;
  if (isExplained) tally.unknownLinearizable += 1;
  else tally.unknownViolations += 1;
}

/** Both verdicts have to be common, with and without unknown outcomes, or agreement means little. */
function expectVaried(tally: Tally): void {
  const { linearizable, violations, unknownLinearizable, unknownViolations } = tally;
  const shares = [linearizable, violations, 5 * unknownLinearizable, 5 * unknownViolations];
  expect(Math.min(...shares) / HISTORIES, JSON.stringify(tally)).toBeGreaterThan(0.3);
}

it.each([
  ['a register', () => compare(registerSubject, isLinearizable, HISTORIES)],
  ['a key-value store', () => compare(keyValueSubject, isLinearizable, HISTORIES)],
  ['append lists', () => compare(appendListSubject, isLinearizable, HISTORIES)],
  ['a session counter', () => compare(sessionCounterSubject, isLinearizable, HISTORIES)],
] as const)(
  '[LZ1] [LZ2] [LZ3] [LZ6] [LZ7] [LZ8] [LZ9] [LZ10] agrees with a search through all orders on 250,000 histories of %s',
  (_, compared) => expectVaried(compared()),
);

/** That the comparison finds nothing means something only if it finds what is there. */
const ENOUGH = 10_000;

/** A checker of registers that sees each operation otherwise; `null`: not at all. */
function seeing(change: (operation: RegisterOperation) => RegisterOperation | null) {
  const check: Check<RegisterState, RegisterInput, RegisterOutput> = (subject, history) =>
    isLinearizable(
      subject,
      history.flatMap((operation) => change(operation) ?? []),
    );
  return () => compare(registerSubject, check, ENOUGH);
}

function withModel<State, Input, Output>(
  { model, ...rest }: Subject<State, Input, Output>,
  changes: Partial<SequentialModel<State, Input, Output>>,
) {
  return () => compare({ ...rest, model: { ...model, ...changes } }, isLinearizable, ENOUGH);
}

it.each([
  [
    'a checker that forgets real time',
    seeing((operation) => ({ ...operation, calledAt: 0, returnedAt: null })),
  ],
  [
    'a checker to which unknown is never',
    seeing((operation) => (operation.output === null ? null : operation)),
  ],
  [
    'a checker to which unknown is certain',
    seeing(({ input, output, ...rest }) => {
      const certain = input.type === 'read' ? output : (output ?? ({ type: 'done' } as const));
      return { ...rest, input, output: certain };
    }),
  ],
  [
    'a checker that takes all places with the same operations for one',
    withModel(registerSubject, { fingerprint: () => 'any' }),
  ],
  ['keys that are mixed up', withModel(appendListSubject, { partitionOf: () => 'all' })],
  [
    'a counter that counts a retry again',
    withModel(sessionCounterSubject, {
      apply: (state, ...rest) => sessionCounter.apply({ ...state, answers: {} }, ...rest),
    }),
  ],
  [
    'a model that calls passive what only happens to change nothing',
    withModel(registerSubject, { isPassive: () => true }),
  ],
  ['a model that gives up too soon', withModel(appendListSubject, { canLeadTo: () => false })],
] as const)('[LZ10] the comparison notices %s', (_, compared) => {
  expect(compared).toThrow(/^seed "/);
});
