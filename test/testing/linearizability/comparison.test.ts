/** The checker against a search through all orders, on a million small histories of all four models. */
import { expect, it } from 'vitest';
import { checkLinearizability } from '../../../src/testing/linearizability/check-linearizability.ts';
import type {
  RegisterInput,
  RegisterOutput,
  RegisterState,
} from '../../../src/testing/linearizability/models/register.ts';
import type { Operation } from '../../../src/testing/linearizability/operation.ts';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { someOrderExplains } from './brute-force.ts';
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

const judgeRegister: Check<RegisterState, RegisterInput, RegisterOutput> = isLinearizable;

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

it('[LZ10] agrees with a search through all orders on 250,000 histories of a register', () => {
  expectVaried(compare(registerSubject, isLinearizable, HISTORIES));
});

it('[LZ10] agrees with a search through all orders on 250,000 histories of a key-value store', () => {
  expectVaried(compare(keyValueSubject, isLinearizable, HISTORIES));
});

it('[LZ10] agrees with a search through all orders on 250,000 histories of append lists', () => {
  expectVaried(compare(appendListSubject, isLinearizable, HISTORIES));
});

it('[LZ10] agrees with a search through all orders on 250,000 histories of a session counter', () => {
  expectVaried(compare(sessionCounterSubject, isLinearizable, HISTORIES));
});

/** That the comparison finds nothing means something only if it finds what is there. */
const ENOUGH = 10_000;

it('[LZ10] the comparison notices a checker that forgets real time', () => {
  const anyTime: typeof judgeRegister = (subject, history) =>
    judgeRegister(
      subject,
      history.map((operation) => ({ ...operation, calledAt: 0, returnedAt: null })),
    );
  expect(() => compare(registerSubject, anyTime, ENOUGH)).toThrow('seed "register');
});

it('[LZ10] the comparison notices a checker to which unknown is never', () => {
  const never: typeof judgeRegister = (subject, history) =>
    judgeRegister(
      subject,
      history.filter(({ output }) => output !== null),
    );
  expect(() => compare(registerSubject, never, ENOUGH)).toThrow('seed "register');
});

it('[LZ10] the comparison notices a checker to which unknown is certain', () => {
  const certain: typeof judgeRegister = (subject, history) =>
    judgeRegister(
      subject,
      history.map((operation) =>
        operation.input.type === 'read'
          ? operation
          : { ...operation, output: operation.output ?? { type: 'done' } },
      ),
    );
  expect(() => compare(registerSubject, certain, ENOUGH)).toThrow('seed "register');
});

it('[LZ10] the comparison notices a checker that takes all places with the same operations for one', () => {
  const model = { ...registerSubject.model, fingerprint: () => 'any' };
  const subject = { ...registerSubject, model };
  expect(() => compare(subject, isLinearizable, ENOUGH)).toThrow('seed "register');
});

it('[LZ10] the comparison notices keys that are mixed up', () => {
  const model = { ...appendListSubject.model, partitionOf: () => 'all' };
  const subject = { ...appendListSubject, model };
  expect(() => compare(subject, isLinearizable, ENOUGH)).toThrow('seed "append list');
});

it('[LZ10] the comparison notices a counter that counts a retry again', () => {
  const { model } = sessionCounterSubject;
  const forgetful: typeof model.apply = (state, input, output) =>
    model.apply({ ...state, answers: {} }, input, output);
  const subject = { ...sessionCounterSubject, model: { ...model, apply: forgetful } };
  expect(() => compare(subject, isLinearizable, ENOUGH)).toThrow('seed "session counter');
});

it('[LZ10] the comparison notices a model that calls passive what only happens to change nothing', () => {
  const model = { ...registerSubject.model, isPassive: () => true };
  const subject = { ...registerSubject, model };
  expect(() => compare(subject, isLinearizable, ENOUGH)).toThrow('seed "register');
});

it('[LZ10] the comparison notices a model that gives up too soon', () => {
  const model = { ...appendListSubject.model, canLeadTo: () => false };
  const subject = { ...appendListSubject, model };
  expect(() => compare(subject, isLinearizable, ENOUGH)).toThrow('seed "append list');
});
