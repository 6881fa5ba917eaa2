/** Binds the names of the node chart: the charts of its parts, which of them live when, and how long it drains. */
import { assign, enqueueActions, fromCallback } from 'xstate';
import type { NodeEffect } from '../src/core/effect.ts';
import { asRaftError } from '../src/core/errors.ts';
import { DRAIN_TIMEOUT_MS, HAND_OVER_TIMEOUT_MS } from '../src/core/limits.ts';
import type { RaftState } from '../src/core/raft-state.ts';
import type { NodeId } from '../src/core/types.ts';
import { peersOf } from '../src/rules/leadership.ts';
import { type NodeContext, type NodeEvent, nodeMachine } from './node.machine.ts';
import { performer } from './perform.ts';
import { linkId } from './tellings.ts';

const perform = performer<NodeContext, NodeEvent, NodeEffect>();

type Chart = typeof nodeMachine;
/** The bound charts that a node runs. */
type Parts = Omit<NonNullable<Parameters<Chart['provide']>[0]['actors']>, 'recovery'>;

/** `recover` opens what a node stands on, and tells the node `recovered` or `failed`, later. */
export function bindNode(
  parts: Parts,
  recover: ((tell: (news: NodeEvent) => void) => void) | undefined,
): Chart {
  return nodeMachine.provide({
    actors: { ...parts, recovery: fromCallback(({ sendBack }) => recover?.(sendBack)) },
    actions: {
      recordRecovery: assign((_, { state, lastApplied }) => ({ recovered: state, lastApplied })),
      recordError: assign((_, { error }) => ({ error: asRaftError(error) })),
      recordFailure: assign((_, { output }) => ({ error: asRaftError(output.error) })),
      startLinks: enqueueActions(({ context: { recovered }, enqueue }) => {
        for (const peer of peersIn(recovered)) {
          const id = linkId(peer);
          enqueue.spawnChild('link', { id, systemId: id, input: { peer } });
          const dials = recovered !== null && recovered.id < peer;
          if (dials) enqueue.sendTo(id, { type: 'dial' });
        }
      }),
      stopLinks: enqueueActions(({ context: { recovered }, enqueue }) => {
        for (const peer of peersIn(recovered)) enqueue.stopChild(linkId(peer));
      }),
      startCall: enqueueActions(({ enqueue }, { call: number }) => {
        enqueue.spawnChild('call', { id: callId(number), input: { call: number } });
      }),
      stopCall: enqueueActions(({ enqueue }, { call: number }) => {
        enqueue.stopChild(callId(number));
      }),
      announceHalt: perform(({ error }) => ({
        changes: {},
        effects: error === null ? [] : [{ type: 'halted', error }],
      })),
      applyKnown: enqueueActions(({ context: { recovered, lastApplied }, enqueue }) => {
        const commitIndex = recovered?.commitIndex ?? lastApplied;
        if (commitIndex === lastApplied) return;
        enqueue.sendTo('applier', { type: 'commit.advanced', commitIndex });
      }),
      handOver: perform(() => ({ changes: {}, effects: [{ type: 'handOver' }] })),
      drain: perform(() => ({ changes: {}, effects: [{ type: 'drain' }] })),
    },
    delays: { handOverTimeout: HAND_OVER_TIMEOUT_MS, drainTimeout: DRAIN_TIMEOUT_MS },
  });
}

function peersIn(recovered: RaftState | null): readonly NodeId[] {
  return recovered === null ? [] : peersOf(recovered);
}

/** The call actor of a connection that somebody asked for, as a child of the node actor. */
export function callId(call: number): string {
  return `call:${call}`;
}
