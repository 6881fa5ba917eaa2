/** Three whole members that count, under virtual time, and callers with sessions. */
import type { SessionCall, SessionOperation } from '../../src/core/session.ts';
import { encodeCall } from '../../src/library/call-codec.ts';
import { defineMachine } from '../../src/library/define-machine.ts';
import type { CommandResult } from '../../src/library/defined-replica.ts';
import type { MachineReplica } from '../../src/library/machine.ts';
import type { ProposalOutcome, SessionOutcome } from '../../src/ports/replica.ts';
import type { VirtualCluster, VirtualClusterOptions } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually, type VirtualScene } from '../cluster/virtual-scene.ts';

const counter = defineMachine({
  initial: () => ({ count: 0, runs: 0 }),
  commands: {
    add: (state, by: number) => {
      state.count += by;
      state.runs += 1;
      return { count: state.count };
    },
    refuse: () => {
      throw new Error('not today');
    },
  },
  queries: { count: (state) => state.count },
});

export function ledCounting(options: VirtualClusterOptions = {}): Promise<VirtualScene> {
  return ledVirtually({ machine: () => counter.start(), ...options });
}

export function countAt(cluster: VirtualCluster, id: string): unknown {
  const machine = cluster.member(id).machine as MachineReplica;
  return machine.query('count', undefined);
}

/** What it was answered: a value, or the code of an error. */
export function answerOf(outcome: ProposalOutcome): unknown {
  if (outcome.type === 'failed') return outcome.error.code;
  const result = outcome.result as CommandResult;
  return result.ok ? result.value : result.reason;
}

interface Asked {
  readonly id: string;
  readonly call: SessionCall;
  readonly by?: number;
  readonly name?: string;
}

export function ask(cluster: VirtualCluster, { id, call, by = 1, name = 'add' }: Asked): unknown[] {
  const heard: unknown[] = [];
  const { node } = cluster.member(id);
  node.submit(encodeCall(name, by), { timeoutMs: 5_000, session: call }, (outcome) => {
    heard.push(answerOf(outcome));
  });
  return heard;
}

export async function add(cluster: VirtualCluster, asked: Asked): Promise<unknown> {
  const heard = ask(cluster, asked);
  await cluster.until('an answer', () => heard.length > 0);
  return heard[0];
}

export async function operate(
  cluster: VirtualCluster,
  id: string,
  operation: SessionOperation,
): Promise<SessionOutcome> {
  const heard: SessionOutcome[] = [];
  cluster.member(id).node.session(operation, { timeoutMs: 5_000 }, (outcome) => {
    heard.push(outcome);
  });
  await cluster.until('an answer', () => heard.length > 0);
  const [outcome] = heard;
  if (outcome === undefined) throw new Error('there is an answer');
  return outcome;
}

/** Opens a session at a member; returns its id. */
export async function openAt(
  cluster: VirtualCluster,
  id: string,
  ttlMs = 60_000,
): Promise<Uint8Array> {
  const outcome = await operate(cluster, id, { type: 'open', ttlMs, salt: new Uint8Array(8) });
  if (outcome.type === 'failed') throw outcome.error;
  return outcome.state.session;
}

export function callIn(
  session: Uint8Array,
  sequence: number,
  acknowledgedThrough = 0,
): SessionCall {
  return { session, sequence, acknowledgedThrough, opening: null };
}
