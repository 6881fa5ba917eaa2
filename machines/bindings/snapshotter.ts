/** Binds the names of the snapshotter chart: when one is due, and from where the next is counted. */
import { assign } from 'xstate';
import type { SnapshotterEffect } from '../../src/core/effect.ts';
import { isSnapshotDue } from '../../src/rules/snapshots.ts';
import {
  type SnapshotterContext,
  type SnapshotterEvent,
  snapshotterMachine,
} from '../snapshotter.machine.ts';
import { performer } from './perform.ts';

const perform = performer<SnapshotterContext, SnapshotterEvent, SnapshotterEffect>();

export const snapshotter = snapshotterMachine.provide({
  guards: {
    isDue: ({ context: { since, thresholds } }, applied) =>
      isSnapshotDue(thresholds, since, applied),
    isDueByAge: ({ context: { thresholds } }) => thresholds.ageMs !== null,
    isDueAgain: ({ context: { applied, since, thresholds } }) =>
      isSnapshotDue(thresholds, since, applied),
    isAgeing: ({ context: { applied, since, thresholds } }) =>
      thresholds.ageMs !== null && applied.lastApplied > since.lastApplied,
    hasReleased: ({ context }) => context.hasReleased,
  },
  actions: {
    recordApplied: perform((_, { lastApplied, bytes, snapshotBytes }) => ({
      changes: { applied: { lastApplied, bytes, snapshotBytes } },
      effects: [],
    })),
    capture: perform(({ applied }) => ({
      changes: { since: applied },
      effects: [{ type: 'captureSnapshot' }],
    })),
    store: perform(() => ({ changes: {}, effects: [{ type: 'storeSnapshot' }] })),
    compact: perform(() => ({
      changes: { hasReleased: false },
      effects: [{ type: 'compactLog' }],
    })),
    noteRelease: assign({ hasReleased: true }),
    announceEnd: perform(() => ({ changes: {}, effects: [{ type: 'snapshotEnded' }] })),
    recordError: assign((_, { error }) => ({ error })),
  },
});
