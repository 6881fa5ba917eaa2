/**
 * How a member comes by what its log lacks (§5.2): it is offered a snapshot, fetches it over a connection of its own, and puts
 * it in the place of its log and its state. What came stays on disk: a pull that was cut goes on where it was.
 */
import { setup } from 'xstate';
import type { SnapshotReceiverEffect } from '../src/core/effect.ts';
import type { NodeId } from '../src/core/types.ts';
import type { ChartMeta } from './meta.types.ts';

export interface SnapshotReceiverContext {
  /** Who has offered the one that is fetched; `null` before the first. */
  readonly from: NodeId | null;
  /** Why the disk failed; `null` while it has not. */
  readonly error: unknown;
}

export type SnapshotReceiverEvent =
  /** One that this member needs. */
  | { readonly type: 'snapshot.offered'; readonly from: NodeId }
  /** One chunk more is on disk. */
  | { readonly type: 'chunk.stored' }
  /** All of them are. */
  | { readonly type: 'pull.completed' }
  /** The connection has ended, or what it was for is gone. */
  | { readonly type: 'pull.ended' }
  /** It is in place, or was not what it was said to be and is forgotten. */
  | { readonly type: 'install.ended' }
  | { readonly type: 'snapshot.failed'; readonly error: unknown };

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const snapshotReceiverMachine = setup({
  types: {
    context: {} as SnapshotReceiverContext,
    events: {} as SnapshotReceiverEvent,
    emitted: {} as SnapshotReceiverEffect,
    output: {} as { error: unknown },
    meta: {} as ChartMeta,
  },
  actions: {
    recordOffer: (_, _offer: { from: NodeId }) => {},
    pull: () => {},
    endPull: () => {},
    install: () => {},
    recordError: (_, _failure: { error: unknown }) => {},
  },
  delays: { pullPause: 200, pullPatience: 5_000 },
}).createMachine({
  id: 'snapshotReceiver',
  description: 'Fetches a snapshot of another member, and puts it in the place of log and state.',
  meta: { rules: ['IS1', 'IS4'] },
  context: { from: null, error: null },
  initial: 'idle',
  output: ({ context }) => ({ error: context.error }),
  on: {
    'snapshot.offered': {},
    'chunk.stored': {},
    'pull.completed': {},
    'pull.ended': {},
    'install.ended': {},
    'snapshot.failed': {
      target: '.failed',
      actions: { type: 'recordError', params: event },
      meta: { rules: ['SH4'] },
    },
  },
  states: {
    idle: {
      description: 'None is needed, or none was offered yet.',
      meta: { rules: ['IS1'] },
      on: {
        'snapshot.offered': {
          target: 'receiving',
          actions: { type: 'recordOffer', params: event },
        },
      },
    },
    receiving: {
      description: 'Its chunks come and go to disk. Whatever else is offered meanwhile waits.',
      meta: { rules: ['IS4', 'IS5'] },
      initial: 'fetching',
      entry: 'pull',
      exit: 'endPull',
      on: { 'pull.completed': 'installing', 'pull.ended': 'pausing' },
      states: {
        fetching: {
          description: 'Who sends nothing for too long is given up.',
          meta: { rules: ['IS5'] },
          after: { pullPatience: '#snapshotReceiver.pausing' },
          on: { 'chunk.stored': { target: 'fetching', reenter: true } },
        },
      },
    },
    pausing: {
      description: 'The next offer after this begins again, where it was cut.',
      meta: { rules: ['IS5'] },
      after: { pullPause: 'idle' },
    },
    installing: {
      description: 'Made whole on disk, then the log begins behind it, then the state is its.',
      meta: { rules: ['IS2', 'IS3'] },
      entry: 'install',
      on: { 'install.ended': 'idle' },
    },
    failed: {
      description: 'The disk failed: what it holds is unknown, and the node halts.',
      meta: { rules: ['PS7', 'SH4'] },
      type: 'final',
    },
  },
});
