/**
 * A store of texts by key. Each key is a partition; what compares, compares the value of its own key, since a
 * condition on a revision of the whole store would tie all keys together (LZ7).
 */
import { unreachable } from '../../../core/assert.ts';
import type { SequentialModel } from '../sequential-model.ts';

export type KeyValueInput =
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'delete'; readonly key: string }
  /** A put only where there is no value. */
  | { readonly type: 'create'; readonly key: string; readonly value: string }
  /** A put only where the value is `expected`. */
  | {
      readonly type: 'compareAndSet';
      readonly key: string;
      readonly expected: string;
      readonly value: string;
    };

export type KeyValueOutput =
  /** Of a get; `null`: there is none. */
  | { readonly type: 'value'; readonly value: string | null }
  /** False: the condition did not hold, or there was nothing to delete. */
  | { readonly type: 'done'; readonly changed: boolean };

/** Of one key. */
export interface KeyValueState {
  readonly value: string | null;
}

export const keyValue: SequentialModel<KeyValueState, KeyValueInput, KeyValueOutput> = {
  initial: { value: null },
  partitionOf: ({ key }) => key,
  apply: (state, input, output) => {
    const { changed, value } = outcomeOf(state, input);
    if (output !== null && !isAnswer(state, input, output, changed)) return null;
    return changed ? { value } : state;
  },
  isPassive: ({ type }, output) => type === 'get' || (output.type === 'done' && !output.changed),
  fingerprint: ({ value }) => (value === null ? 'no value' : `value ${value}`),
  describe: (input, output) => `${asked(input)} → ${answered(output)}`,
};

interface Outcome {
  readonly changed: boolean;
  /** Meant only where something changes. */
  readonly value: string | null;
}

function outcomeOf(state: KeyValueState, input: KeyValueInput): Outcome {
  switch (input.type) {
    case 'get':
      return { changed: false, value: null };
    case 'put':
      return { changed: true, value: input.value };
    case 'delete':
      return { changed: state.value !== null, value: null };
    case 'create':
      return { changed: state.value === null, value: input.value };
    case 'compareAndSet':
      return { changed: state.value === input.expected, value: input.value };
    default:
      return unreachable(input);
  }
}

function isAnswer(
  { value }: KeyValueState,
  { type }: KeyValueInput,
  output: KeyValueOutput,
  changed: boolean,
): boolean {
  if (type === 'get') return output.type === 'value' && output.value === value;
  return output.type === 'done' && output.changed === changed;
}

function asked(input: KeyValueInput): string {
  switch (input.type) {
    case 'get':
    case 'delete':
      return input.type;
    case 'compareAndSet':
      return `set ${input.expected} to ${input.value}`;
    case 'put':
    case 'create':
      return `${input.type} ${input.value}`;
    default:
      return unreachable(input);
  }
}

function answered(output: KeyValueOutput | null): string {
  if (output === null) return '?';
  if (output.type === 'value') return output.value ?? 'none';
  return output.changed ? 'done' : 'unchanged';
}
