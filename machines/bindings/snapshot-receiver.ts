/** Binds the names of the snapshot receiver's chart: each hands out one deed of the driver. */
import { assign } from 'xstate';
import type { SnapshotReceiverEffect } from '../../src/core/effect.ts';
import { PULL_PATIENCE_MS, PULL_PAUSE_MS } from '../../src/core/limits.ts';
import {
  type SnapshotReceiverContext,
  type SnapshotReceiverEvent,
  snapshotReceiverMachine,
} from '../snapshot-receiver.machine.ts';
import { performer } from './perform.ts';

const perform = performer<SnapshotReceiverContext, SnapshotReceiverEvent, SnapshotReceiverEffect>();

export const snapshotReceiver = snapshotReceiverMachine.provide({
  actions: {
    recordOffer: assign((_, { from }) => ({ from })),
    pull: perform(({ from }) => ({
      changes: {},
      effects: from === null ? [] : [{ type: 'pullSnapshot', from }],
    })),
    endPull: perform(() => ({ changes: {}, effects: [{ type: 'endPull' }] })),
    install: perform(() => ({ changes: {}, effects: [{ type: 'installSnapshot' }] })),
    recordError: assign((_, { error }) => ({ error })),
  },
  delays: { pullPause: PULL_PAUSE_MS, pullPatience: PULL_PATIENCE_MS },
});
