/** Binds the names of the node chart: the charts of its parts, which of them live when, and how long it drains. */
import { assign, enqueueActions, fromCallback } from 'xstate';
import type { NodeEffect } from '../../src/core/effect.ts';
import { asRaftError } from '../../src/core/errors.ts';
import {
  CALL_PATIENCE_MS,
  DRAIN_TIMEOUT_MS,
  FAREWELL_MS,
  HAND_OVER_TIMEOUT_MS,
} from '../../src/core/limits.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import type { NodeId } from '../../src/core/types.ts';
import { configurationIndex } from '../../src/rules/configurations.ts';
import { peersOf } from '../../src/rules/leadership.ts';
import { type NodeContext, type NodeEvent, nodeMachine } from '../node.machine.ts';
import { performer } from './perform.ts';
import { linkId } from './tellings.ts';

const perform = performer<NodeContext, NodeEvent, NodeEffect>();

type Chart = typeof nodeMachine;
/** The bound charts that a node runs. */
type Parts = Omit<NonNullable<Parameters<Chart['provide']>[0]['actors']>, 'recovery'>;

/** A link for each peer, from the moment that it is a member until shortly after it is none any more (MC5, MC7). */
const withLinks = nodeMachine.provide({
  guards: {
    isUnlinked: ({ context: { links, recovered } }, { peer }) =>
      peer !== recovered?.id && !links.includes(peer),
  },
  actions: {
    startLinks: enqueueActions(({ context: { recovered }, enqueue }) => {
      const peers = peersIn(recovered);
      const mayBeUnknown =
        recovered !== null && (recovered.term > 0 || configurationIndex(recovered) > 0);
      enqueue.assign({ links: peers });
      for (const peer of peers) {
        const id = linkId(peer);
        enqueue.spawnChild('link', { id, systemId: id, input: { peer } });
        if (dials(recovered, peer)) enqueue.sendTo(id, { type: 'dial' });
        else if (mayBeUnknown) enqueue.sendTo(id, { type: 'dial' }, later(peer));
      }
    }),
    stopLinks: enqueueActions(({ context: { links }, enqueue }) => {
      for (const peer of links) {
        enqueue.cancel(later(peer).id);
        enqueue.cancel(farewell(peer).id);
        enqueue.stopChild(linkId(peer));
      }
    }),
    startLink: enqueueActions(({ context: { links, recovered }, enqueue }, { peer, calls }) => {
      const id = linkId(peer);
      enqueue.assign({ links: [...links, peer] });
      enqueue.spawnChild('link', { id, systemId: id, input: { peer } });
      const isDue = dials(recovered, peer) && !calls;
      enqueue.sendTo(id, { type: 'dial' }, isDue ? {} : later(peer));
    }),
    keepLink: enqueueActions(({ enqueue }, { peer }) => enqueue.cancel(farewell(peer).id)),
    bidFarewell: enqueueActions(({ enqueue }, { peer }) => {
      enqueue.raise({ type: 'peer.left', peer }, farewell(peer));
    }),
    stopLink: enqueueActions(({ context: { links }, enqueue }, { peer }) => {
      enqueue.assign({ links: links.filter((linked) => linked !== peer) });
      enqueue.cancel(later(peer).id);
      enqueue.stopChild(linkId(peer));
      enqueue.emit({ type: 'linkEnded', peer });
    }),
  },
});

/** `recover` opens what a node stands on, and tells the node `recovered` or `failed`, later. */
export function bindNode(
  parts: Parts,
  recover: ((tell: (news: NodeEvent) => void) => void) | undefined,
): Chart {
  return withLinks.provide({
    actors: { ...parts, recovery: fromCallback(({ sendBack }) => recover?.(sendBack)) },
    actions: {
      recordRecovery: assign((_, { state, lastApplied }) => ({ recovered: state, lastApplied })),
      recordError: assign((_, { error }) => ({ error: asRaftError(error) })),
      recordFailure: assign((_, { output }) => ({ error: asRaftError(output.error) })),
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

/** LR15: of two members the one with the smaller id dials. */
function dials(recovered: RaftState | null, peer: NodeId): boolean {
  return recovered !== null && recovered.id < peer;
}

/**
 * LR15: a peer that may not know this member yet, or any more, is called, unless it has called itself by then: who was
 * removed while it was down hears so at its next start.
 */
function later(peer: NodeId): { readonly id: string; readonly delay: number } {
  return { id: `dial:${peer}`, delay: CALL_PATIENCE_MS };
}

/** MC7: whoever is no member any more is spoken to a while longer, since it has yet to hear of it. */
function farewell(peer: NodeId): { readonly id: string; readonly delay: number } {
  return { id: `farewell:${peer}`, delay: FAREWELL_MS };
}

function peersIn(recovered: RaftState | null): readonly NodeId[] {
  return recovered === null ? [] : peersOf(recovered);
}

/** The call actor of a connection that somebody asked for, as a child of the node actor. */
export function callId(call: number): string {
  return `call:${call}`;
}
