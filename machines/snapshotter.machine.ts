/** When a member takes a snapshot of its state machine (§5.1): one at a time, whoever wants it. */
import { setup } from 'xstate';
import type { SnapshotterEffect } from '../src/core/effect.ts';
import type { SnapshotThresholds } from '../src/core/snapshot-thresholds.ts';
import type { AppliedSoFar } from '../src/rules/snapshots.ts';
import type { ChartMeta } from './meta.types.ts';

export interface SnapshotterContext {
  readonly thresholds: SnapshotThresholds;
  readonly applied: AppliedSoFar;
  /** What was applied when the last one was begun, whatever became of it. */
  readonly since: AppliedSoFar;
  /** An older one was released since the log was last told to go. */
  readonly hasReleased: boolean;
  /** Why one could not be written; `null` while that has not happened. */
  readonly error: unknown;
}

export type SnapshotterEvent =
  | { readonly type: 'snapshot.wanted' }
  | ({ readonly type: 'entries.applied' } & AppliedSoFar)
  | { readonly type: 'snapshot.captured' }
  | { readonly type: 'snapshot.stored' }
  /** An older one that somebody fetched is not needed any more, nor the log behind it. */
  | { readonly type: 'snapshot.released' }
  /** What of the log was to go is gone from the disk, or nothing was. */
  | { readonly type: 'log.compacted' }
  /** This one is not to be had; the next may be. */
  | { readonly type: 'snapshot.refused' }
  /** The state machine or the store has no snapshots at all. */
  | { readonly type: 'snapshot.impossible' }
  | { readonly type: 'snapshot.failed'; readonly error: unknown };

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const snapshotterMachine = setup({
  types: {
    context: {} as SnapshotterContext,
    events: {} as SnapshotterEvent,
    emitted: {} as SnapshotterEffect,
    input: {} as { thresholds: SnapshotThresholds; lastApplied: AppliedSoFar['lastApplied'] },
    output: {} as { error: unknown },
    meta: {} as ChartMeta,
  },
  guards: {
    isDue: (_, _applied: AppliedSoFar) => false,
    isDueByAge: () => true,
    isDueAgain: () => false,
    isAgeing: () => false,
    hasReleased: () => false,
  },
  actions: {
    recordApplied: (_, _applied: AppliedSoFar) => {},
    capture: () => {},
    store: () => {},
    compact: () => {},
    noteRelease: () => {},
    announceEnd: () => {},
    recordError: (_, _failure: { error: unknown }) => {},
  },
  delays: { snapshotAge: ({ context }) => context.thresholds.ageMs ?? 60_000 },
}).createMachine({
  id: 'snapshotter',
  description: 'Takes snapshots of the state machine, one at a time.',
  meta: { rules: ['SH1', 'SH2'] },
  context: ({ input }) => {
    const lastApplied = (input?.lastApplied ?? 0) as AppliedSoFar['lastApplied'];
    const applied = { lastApplied, bytes: 0, snapshotBytes: 0 };
    const never = { entries: null, bytes: null, ageMs: null, growth: 0, trailingEntries: null };
    const thresholds = input?.thresholds ?? never;
    return { thresholds, applied, since: applied, hasReleased: false, error: null };
  },
  initial: 'compacting',
  output: ({ context }) => ({ error: context.error }),
  on: {
    'snapshot.wanted': {},
    'entries.applied': { actions: { type: 'recordApplied', params: event } },
    'snapshot.captured': {},
    'snapshot.stored': {},
    'snapshot.released': { actions: 'noteRelease', meta: { rules: ['LR19'] } },
    'log.compacted': {},
    'snapshot.refused': {},
    'snapshot.impossible': {},
    'snapshot.failed': {
      target: '.failed',
      actions: { type: 'recordError', params: event },
      meta: { rules: ['SH4'] },
    },
  },
  states: {
    idle: {
      description: 'None is under way.',
      meta: { rules: ['SH1'] },
      on: {
        'snapshot.wanted': 'capturing',
        'snapshot.released': 'compacting',
        'entries.applied': [
          {
            guard: { type: 'isDue', params: event },
            target: 'capturing',
            actions: { type: 'recordApplied', params: event },
          },
          {
            guard: 'isDueByAge',
            target: '.ageing',
            actions: { type: 'recordApplied', params: event },
          },
          { actions: { type: 'recordApplied', params: event } },
        ],
      },
      initial: 'resting',
      states: {
        resting: {
          description: 'Nothing new was applied, or none is taken by age.',
          meta: { rules: ['SH1'] },
        },
        ageing: {
          description: 'Something was applied that is in none.',
          meta: { rules: ['SH1'] },
          on: {
            'entries.applied': [
              {
                guard: { type: 'isDue', params: event },
                target: '#snapshotter.capturing',
                actions: { type: 'recordApplied', params: event },
              },
              { actions: { type: 'recordApplied', params: event } },
            ],
          },
          after: { snapshotAge: '#snapshotter.capturing' },
        },
      },
    },
    capturing: {
      description: 'The state is pinned, as it is between two batches.',
      meta: { rules: ['SH2'] },
      entry: 'capture',
      on: {
        'snapshot.captured': 'storing',
        'snapshot.refused': [
          { guard: 'hasReleased', target: 'compacting', actions: 'announceEnd' },
          { target: 'idle', actions: 'announceEnd' },
        ],
        'snapshot.impossible': 'unable',
      },
    },
    storing: {
      description: 'What was pinned is written in pieces, while commands are applied.',
      meta: { rules: ['SH3'] },
      entry: 'store',
      on: {
        'snapshot.stored': 'compacting',
        'snapshot.refused': [
          { guard: 'hasReleased', target: 'compacting', actions: 'announceEnd' },
          { target: 'idle', actions: 'announceEnd' },
        ],
        'snapshot.impossible': 'unable',
      },
    },
    compacting: {
      description:
        'What the newest one on disk holds leaves the log, but for a tail; also at a start, if the last life ended before that.',
      meta: { rules: ['LR19', 'SH8'] },
      entry: 'compact',
      on: {
        'log.compacted': [
          { guard: 'hasReleased', target: 'compacting', reenter: true },
          { guard: 'isDueAgain', target: 'capturing', actions: 'announceEnd' },
          { guard: 'isAgeing', target: 'idle.ageing', actions: 'announceEnd' },
          { target: 'idle', actions: 'announceEnd' },
        ],
      },
    },
    unable: {
      description: 'The state machine or the store has none: the log is all there is.',
      meta: { rules: ['SH5'] },
      entry: 'announceEnd',
      on: {
        'snapshot.wanted': { actions: 'announceEnd' },
        'snapshot.released': { actions: 'compact' },
      },
    },
    failed: {
      description: 'The disk failed: what it holds is unknown, and the node halts.',
      meta: { rules: ['PS7', 'SH4'] },
      type: 'final',
    },
  },
});
