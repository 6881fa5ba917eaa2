/** The model by which holders of locks are judged: what can be, and the nearest that cannot. */
import { describe, expect, it } from 'vitest';
import { checkLinearizability } from '../../src/testing/linearizability/check-linearizability.ts';
import {
  heldLocks,
  type LockInput,
  type LockOutput,
} from '../../src/testing/simulation/leases/lock-model.ts';

type Call = readonly [LockInput, LockOutput | null];

/** One after another. */
function verdictOn(...calls: readonly Call[]): string {
  const history = calls.map(([input, output], at) => ({
    ...{ client: 1, input, output },
    calledAt: 2 * at,
    returnedAt: output === null ? null : 2 * at + 1,
  }));
  return checkLinearizability(heldLocks, history, { stepsMax: 10_000 }).type;
}

const lock = 'l1';
const grant = (lease: number): Call => [
  { type: 'grant', lock },
  { type: 'granted', lease },
];
const take = (lease: number, fencing: number): Call => [
  { type: 'take', lock, lease },
  { type: 'taken', fencing },
];
const taking = (lease: number, output: LockOutput | null): Call => [
  { type: 'take', lock, lease },
  output,
];
const renewing = (lease: number, type: 'renewed' | 'ended'): Call => [
  { type: 'renew', lock, lease },
  { type },
];
const writing = (lease: number, fencing: number, type: 'written' | 'ended'): Call => [
  { type: 'write', lock, lease, fencing },
  { type },
];
const revoke = (lease: number, deleted: number): Call => [
  { type: 'revoke', lock, lease },
  { type: 'revoked', deleted },
];
const reading = (...by: readonly (number | null)[]): Call => [
  { type: 'read', lock },
  { type: 'held', by },
];

describe('the model of locks', () => {
  it.each<readonly [string, readonly Call[]]>([
    ['a holder follows one that gave back', [take(1, 5), revoke(1, 2), take(2, 7)]],
    ['a lease ends between two calls', [take(1, 5), take(2, 7), renewing(1, 'ended')]],
    [
      'who waits is not served',
      [take(1, 5), taking(2, { type: 'busy' }), writing(1, 5, 'written')],
    ],
    ['a lock is free once its lease is over', [take(1, 5), reading(null, null), take(2, 6)]],
    ['nobody knows who took it, and it is taken', [taking(1, null), taking(2, { type: 'busy' })]],
    ['a lease holds nothing', [grant(1), renewing(1, 'renewed'), revoke(1, 0)]],
  ])('[SI16] takes: %s', (_, calls) => {
    expect(verdictOn(...calls)).toBe('linearizable');
  });

  it.each<readonly [string, readonly Call[]]>([
    ['two hold it', [take(1, 5), take(2, 7), writing(1, 5, 'written')]],
    ['the number falls', [take(1, 5), revoke(1, 2), take(2, 4)]],
    ['a lease comes back', [renewing(1, 'ended'), renewing(1, 'renewed')]],
    ['a lease comes back for a lock', [take(1, 5), reading(null, null), writing(1, 5, 'written')]],
    ['nobody holds it, and it is not to be had', [taking(2, { type: 'busy' })]],
    ['half of its keys are there', [take(1, 5), reading(1, null)]],
    ['fewer keys go than were bound', [take(1, 5), revoke(1, 1)]],
    ['a lease is granted twice', [grant(1), grant(1)]],
  ])('[SI16] refuses: %s', (_, calls) => {
    expect(verdictOn(...calls)).toBe('violation');
  });
});
