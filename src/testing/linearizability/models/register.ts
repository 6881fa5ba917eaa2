/** One value, or none: what is read is what was written last (LZ6). */
import { unreachable } from '../../../core/assert.ts';
import type { SequentialModel } from '../sequential-model.ts';

export type RegisterInput =
  | { readonly type: 'read' }
  | { readonly type: 'write'; readonly value: string }
  | { readonly type: 'delete' };

export type RegisterOutput =
  /** Of a read; `null`: there is none. */
  { readonly type: 'value'; readonly value: string | null } | { readonly type: 'done' };

export interface RegisterState {
  readonly value: string | null;
}

export const register: SequentialModel<RegisterState, RegisterInput, RegisterOutput> = {
  initial: { value: null },
  partitionOf: () => 'register',
  apply: (state, input, output) => {
    if (output !== null && !isAnswer(state, input, output)) return null;
    switch (input.type) {
      case 'read':
        return state;
      case 'write':
        return { value: input.value };
      case 'delete':
        return { value: null };
      default:
        return unreachable(input);
    }
  },
  isPassive: ({ type }) => type === 'read',
  fingerprint: ({ value }) => (value === null ? 'no value' : `value ${value}`),
  describe: (input, output) => {
    const asked = input.type === 'write' ? `write ${input.value}` : input.type;
    if (output === null) return `${asked} → ?`;
    return `${asked} → ${output.type === 'done' ? 'done' : (output.value ?? 'none')}`;
  },
};

function isAnswer({ value }: RegisterState, input: RegisterInput, output: RegisterOutput): boolean {
  if (input.type !== 'read') return output.type === 'done';
  return output.type === 'value' && output.value === value;
}
