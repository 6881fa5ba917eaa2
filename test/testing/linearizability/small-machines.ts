/**
 * The four models once more, as whole machines of small integers, written for the brute force and for nothing
 * else: a state is one number that holds all keys, an answer is one number. They share no line with the models,
 * and `translated` says how their operations look to those.
 */
import type { Operation } from '../../../src/testing/linearizability/operation.ts';
import type { SequentialModel } from '../../../src/testing/linearizability/sequential-model.ts';

/** One operation in small numbers; what they mean is its machine's business. */
export interface SmallOperation {
  readonly client: number;
  /** In `[0, 2)`; machines with one object ignore it. */
  readonly key: number;
  readonly kind: number;
  /** Both in `[1, 3]`. */
  readonly value: number;
  readonly expected: number;
  /** `null`: unknown. */
  readonly answer: number | null;
  readonly calledAt: number;
  /** `Infinity`: it never returned. */
  readonly returnedAt: number;
}

export type SmallInput = Pick<SmallOperation, 'key' | 'kind' | 'value' | 'expected'>;

export interface SmallMachine {
  readonly name: string;
  /** What operations draw their kind from. */
  readonly kinds: readonly number[];
  /** States begin at 0 and are integers below 2^31. */
  readonly next: (state: number, input: SmallInput) => number;
  readonly answer: (state: number, input: SmallInput) => number;
}

/** A machine beside the model that it is to agree with. */
export interface Subject<State, Input, Output> {
  readonly machine: SmallMachine;
  readonly model: SequentialModel<State, Input, Output>;
  readonly input: (operation: SmallInput) => Input;
  readonly output: (operation: SmallInput, answer: number) => Output;
}

export function translated<State, Input, Output>(
  { input, output }: Subject<State, Input, Output>,
  history: readonly SmallOperation[],
): readonly Operation<Input, Output>[] {
  return history.map((one) => ({
    client: one.client,
    input: input(one),
    output: one.answer === null ? null : output(one, one.answer),
    calledAt: one.calledAt,
    returnedAt: one.returnedAt === Number.POSITIVE_INFINITY ? null : one.returnedAt,
  }));
}

const READ = 0;
const WRITE = 1;
const DELETE = 2;
const CREATE = 3;
const COMPARE_AND_SET = 4;

/** State and answer to a read: 0 for none, else the value. */
export const smallRegister: SmallMachine = {
  name: 'register',
  kinds: [READ, READ, READ, WRITE, WRITE, DELETE],
  next: (state, { kind, value }) => (kind === READ ? state : kind === WRITE ? value : 0),
  answer: (state, { kind }) => (kind === READ ? state : 0),
};

/** Two bits for each of two keys. Writes answer with 1 if they changed something. */
export const smallKeyValue: SmallMachine = {
  name: 'key-value',
  kinds: [READ, READ, READ, WRITE, DELETE, CREATE, COMPARE_AND_SET],
  next: (state, input) => {
    const shift = 2 * input.key;
    const held = (state >> shift) & 3;
    if (input.kind === READ || !applies(held, input)) return state;
    const value = input.kind === DELETE ? 0 : input.value;
    return (state & ~(3 << shift)) | (value << shift);
  },
  answer: (state, input) => {
    const held = (state >> (2 * input.key)) & 3;
    return input.kind === READ ? held : Number(applies(held, input));
  },
};

function applies(held: number, { kind, expected }: SmallInput): boolean {
  if (kind === WRITE) return true;
  if (kind === DELETE) return held !== 0;
  return kind === CREATE ? held === 0 : held === expected;
}

/** Twelve bits for each of two keys: six places for values, the newest lowest. */
export const smallAppendList: SmallMachine = {
  name: 'append list',
  kinds: [READ, WRITE],
  next: (state, { key, kind, value }) => {
    if (kind === READ) return state;
    const shift = 12 * key;
    const list = (state >> shift) & 0xfff;
    return (state & ~(0xfff << shift)) | ((((list << 2) | value) & 0xfff) << shift);
  },
  answer: (state, { key, kind }) => (kind === READ ? (state >> (12 * key)) & 0xfff : 0),
};

/** Three bits for the count, and three for the answer to each of three increments in each of two sessions. */
export const smallSessionCounter: SmallMachine = {
  name: 'session counter',
  kinds: [READ, WRITE],
  next: (state, input) => {
    if (input.kind === READ || answered(state, input) > 0) return state;
    return state + 1 + (((state & 7) + 1) << answerShift(input));
  },
  answer: (state, input) =>
    input.kind === READ ? state & 7 : answered(state, input) || (state & 7) + 1,
};

function answered(state: number, input: SmallInput): number {
  return (state >> answerShift(input)) & 7;
}

function answerShift({ key, value }: SmallInput): number {
  return 3 + 9 * key + 3 * (value - 1);
}
