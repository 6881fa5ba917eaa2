/**
 * Lists by key: append to the end, read the whole. One read tells the order of all appends before it, so that
 * lost, repeated and reordered writes show at once (LZ8). Each key is a partition.
 */
import type { SequentialModel } from '../sequential-model.ts';

export type AppendListInput =
  | { readonly type: 'append'; readonly key: string; readonly value: string }
  | { readonly type: 'read'; readonly key: string };

export type AppendListOutput =
  | { readonly type: 'done' }
  | { readonly type: 'values'; readonly values: readonly string[] };

/** Of one key, the oldest value first. */
export type AppendListState = readonly string[];

export const appendList: SequentialModel<AppendListState, AppendListInput, AppendListOutput> = {
  initial: [],
  partitionOf: ({ key }) => key,
  apply: (state, input, output) => {
    if (output !== null && !isAnswer(state, input, output)) return null;
    return input.type === 'append' ? [...state, input.value] : state;
  },
  isPassive: ({ type }) => type === 'read',
  canLeadTo: (state, _, output) => output.type === 'values' && isStartOf(state, output.values),
  /** As JSON, since a value may hold any separator. */
  fingerprint: (state) => JSON.stringify(state),
  describe: (input, output) =>
    `${input.type === 'append' ? `append ${input.value}` : 'read'} → ${answered(output)}`,
};

function isAnswer(
  state: AppendListState,
  { type }: AppendListInput,
  output: AppendListOutput,
): boolean {
  if (output.type === 'done') return type === 'append';
  const { values } = output;
  return type === 'read' && state.length === values.length && isStartOf(state, values);
}

function isStartOf(state: AppendListState, values: readonly string[]): boolean {
  return state.every((value, at) => value === values[at]);
}

function answered(output: AppendListOutput | null): string {
  if (output === null) return '?';
  return output.type === 'done' ? 'done' : `[${output.values.join(' ')}]`;
}
