/**
 * Locks and the leases that they are held with, as one after another would see them. A lease that nobody renews ends at a moment
 * that nobody sees: here it ends when somebody is told so, at the latest when another takes what was bound to it. That is as good, since
 * what has ended never comes back. Times are judged elsewhere.
 */
import { unreachable } from '../../../core/assert.ts';
import type { SequentialModel } from '../../linearizability/sequential-model.ts';

export type LockInput =
  | { readonly type: 'grant'; readonly lock: string }
  | { readonly type: 'renew'; readonly lock: string; readonly lease: number }
  | { readonly type: 'revoke' | 'take'; readonly lock: string; readonly lease: number }
  /** As the holder with this number. */
  | {
      readonly type: 'write';
      readonly lock: string;
      readonly lease: number;
      readonly fencing: number;
    }
  | { readonly type: 'read'; readonly lock: string };

export type LockOutput =
  | { readonly type: 'granted'; readonly lease: number }
  | { readonly type: 'renewed' | 'written' | 'busy' }
  | { readonly type: 'taken'; readonly fencing: number }
  | { readonly type: 'revoked'; readonly deleted: number }
  /** The lease that it names is over. */
  | { readonly type: 'ended' }
  /** Of a read: the lease of the holder, `null` if there is none; of each of the keys. */
  | { readonly type: 'held'; readonly by: readonly (number | null)[] };

/** Each lock is so many keys, which come and go together. */
const KEYS_OF_LOCK = 2;

interface Holding {
  readonly lease: number;
  /** `null`: whoever took it was not told. */
  readonly fencing: number | null;
}

interface LockState {
  readonly held: Holding | null;
  /** The highest number and the newest lease that anyone was told of. */
  readonly fencing: number;
  readonly granted: number;
  /** Leases that have ended. */
  readonly over: readonly number[];
}

export const heldLocks: SequentialModel<LockState, LockInput, LockOutput> = {
  initial: { held: null, fencing: 0, granted: 0, over: [] },
  partitionOf: ({ lock }) => lock,
  apply: (state, input, output) => {
    if (input.type === 'grant') return granted(state, output);
    if (input.type === 'read') return read(state, output);
    const isOver = state.over.includes(input.lease);
    if (output?.type === 'ended') return isOver ? state : without(state, input.lease);
    if (isOver) return output === null ? state : null;
    switch (input.type) {
      case 'renew':
        return state;
      case 'take':
        return taken(state, input, output);
      case 'write':
        return output === null || isHolder(state, input) ? state : null;
      case 'revoke':
        return revoked(state, input.lease, output);
      default:
        return unreachable(input);
    }
  },
  isPassive: (_, { type }) => type === 'renewed' || type === 'written' || type === 'busy',
  fingerprint: (state) => JSON.stringify({ ...state, over: [...state.over].sort() }),
  describe: (input, output) => `${JSON.stringify(input)} → ${JSON.stringify(output) ?? '?'}`,
};

function granted(state: LockState, output: LockOutput | null): LockState | null {
  if (output?.type !== 'granted') return state;
  return output.lease > state.granted ? { ...state, granted: output.lease } : null;
}

function read(state: LockState, output: LockOutput | null): LockState | null {
  if (output?.type !== 'held') return state;
  const [first = null, ...others] = output.by;
  if (others.some((other) => other !== first)) return null;
  if (first !== null) return state.held?.lease === first ? state : null;
  return state.held === null ? state : without(state, state.held.lease);
}

function taken(
  state: LockState,
  { lease }: { readonly lease: number },
  output: LockOutput | null,
): LockState | null {
  const { held } = state;
  if (output?.type === 'busy') return held === null ? null : state;
  if (held?.lease === lease) return output === null ? state : null;
  const free = held === null ? state : without(state, held.lease);
  if (output?.type !== 'taken') return { ...free, held: { lease, fencing: null } };
  const { fencing } = output;
  return fencing > state.fencing ? { ...free, fencing, held: { lease, fencing } } : null;
}

function isHolder(
  { held }: LockState,
  { lease, fencing }: { readonly lease: number; readonly fencing: number },
): boolean {
  return held?.lease === lease && held.fencing === fencing;
}

function revoked(state: LockState, lease: number, output: LockOutput | null): LockState | null {
  const keys = state.held?.lease === lease ? KEYS_OF_LOCK : 0;
  if (output?.type === 'revoked' && output.deleted !== keys) return null;
  return without(state, lease);
}

function without(state: LockState, lease: number): LockState {
  const held = state.held?.lease === lease ? null : state.held;
  return { ...state, held, over: [...state.over, lease] };
}
