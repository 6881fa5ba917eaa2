/** Binds the names of the applier chart: what was committed and not applied yet is asked for as one. */
import { assign } from 'xstate';
import type { ApplierEffect } from '../../src/core/effect.ts';
import { greater, nextIndex } from '../../src/core/types.ts';
import { type ApplierContext, type ApplierEvent, applierMachine } from '../applier.machine.ts';
import { performer } from './perform.ts';

const perform = performer<ApplierContext, ApplierEvent, ApplierEffect>();

export const applier = applierMachine.provide({
  guards: {
    isAllApplied: ({ context }, { throughIndex }) => throughIndex >= context.commitIndex,
  },
  actions: {
    recordError: assign((_, { error }) => ({ error })),
    recordCommit: perform((state, { commitIndex }) => ({
      changes: { commitIndex: greater(commitIndex, state.commitIndex) },
      effects: [],
    })),
    recordApplied: perform(({ commitIndex }, { throughIndex }) => ({
      // What a snapshot holds is committed, whoever has said so.
      changes: { lastApplied: throughIndex, commitIndex: greater(commitIndex, throughIndex) },
      effects: [],
    })),
    restore: perform(() => ({ changes: {}, effects: [{ type: 'restore' }] })),
    applyNext: perform(({ lastApplied, commitIndex }) => ({
      changes: {},
      effects: [{ type: 'apply', fromIndex: nextIndex(lastApplied), throughIndex: commitIndex }],
    })),
  },
});
