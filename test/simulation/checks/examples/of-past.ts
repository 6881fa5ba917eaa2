/** Stores that answer for what was let go of, that let go of more, and answers to compacting that are not so (S47). */

import type { KvResult } from '../../../../src/kv/commands/results.ts';
import { KvStateMachine } from '../../../../src/kv/kv-state-machine.ts';
import type { World } from '../../../../src/testing/simulation/world/world.ts';
import { runPlan } from '../../runner/run-seed.ts';
import { calmPlan } from '../../small-runs.ts';
import type { Example } from './example.ts';
import { meddle } from './whole-runs.ts';

function letsGo(text: string, prepareFor: (world: World, isWrong: boolean) => void): Example {
  return {
    property: 'S47',
    text,
    play: async (isWrong, report) => {
      const prepare = (world: World): void => prepareFor(world, isWrong);
      const { violation } = await runPlan(calmPlan({ pastEveryMs: 50 }), { prepare });
      if (violation !== null) report(violation.property, violation.message);
    },
  };
}

/** Every member's store is changed, in every life. */
function withStores(world: World, change: (store: KvStateMachine) => void): void {
  const createMachine = (): KvStateMachine => {
    const store = new KvStateMachine();
    change(store);
    return store;
  };
  Object.assign(world, { createMachine });
}

/** Reads before what is kept are answered with the oldest that is. */
function answersAll(store: KvStateMachine): void {
  const range = store.range.bind(store);
  store.range = (options) => {
    const { revision = store.revision } = options;
    return range({ ...options, revision: Math.max(revision, store.compactedRevision) });
  };
}

/** Of what is kept, watches miss the oldest revision. */
function missesFirst(store: KvStateMachine): void {
  const history = store.history.bind(store);
  store.history = (options) => {
    const page = history(options);
    const { compactedRevision } = store;
    const revisions = page.revisions.filter(({ revision }) => revision !== compactedRevision);
    return { ...page, revisions };
  };
}

function isCompaction(result: unknown): result is Extract<KvResult, { type: 'compact' }> {
  return (result as KvResult).type === 'compact';
}

export const OF_PAST: readonly Example[] = [
  letsGo('a store answers for what was let go of', (world, isWrong) => {
    if (isWrong) withStores(world, answersAll);
  }),
  letsGo('a store lets go of more than it was asked to', (world, isWrong) => {
    if (isWrong) withStores(world, missesFirst);
  }),
  letsGo('another revision is said to be the oldest that is kept', (world, isWrong) =>
    meddle(world, (node) => {
      const submit = node.submit.bind(node);
      node.submit = (data, options, completed) =>
        submit(data, options, (outcome) => {
          const isLie = isWrong && outcome.type === 'applied' && isCompaction(outcome.result);
          completed(
            isLie ? { ...outcome, result: { ...outcome.result, compactedRevision: 1e6 } } : outcome,
          );
        });
    }),
  ),
];
