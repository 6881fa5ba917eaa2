/** The store on a real disk against an array: random writes, reads and restarts. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogStore } from '../../src/ports/log-store.ts';
import { levelLogStore } from '../../src/storage/disk-log-store.ts';
import { memoryLogStore } from '../../src/storage/memory-log-store.ts';
import { OWNER, outcome, texts } from '../../src/testing/contracts/log-operations.ts';
import { Workspace } from './data-directories.ts';
import { contentOf, legalWrite, MODEL_EMPTY, randomWrite } from './log-model.ts';

const ROUNDS = 60;

const workspace = new Workspace();

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('write' as const), write: randomWrite }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('read' as const), at: fc.nat(), to: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
);

/** Each makes a place of its own, which hands out a store upon it. */
function onDisk(): () => LogStore {
  const directory = workspace.fresh();
  return () => levelLogStore({ directory });
}

function inMemory(): () => LogStore {
  const store = memoryLogStore();
  return () => store;
}

describe.each([
  ['levelLogStore', onDisk],
  ['memoryLogStore', inMemory],
])('%s and an array', (_, newPlace) => {
  it('[ST12] hold the same entries, hard state and peers after any history', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const reopened = newPlace();
      let store = reopened();
      try {
        await store.open(OWNER);
        let model = MODEL_EMPTY;
        for (const [mark, action] of steps.entries()) {
          if (action.type === 'write') {
            const legal = legalWrite(model, action.write, mark);
            const remembered = legal.peer === null ? null : store.rememberPeer(legal.peer);
            expect(await outcome(store, legal.operations)).toBeNull();
            await remembered;
            model = legal.after;
          } else if (action.type === 'read' && model.entries.length > 0) {
            const from = 1 + (action.at % model.entries.length);
            const through = from + (action.to % (model.entries.length - from + 1));
            expect(await texts(store, from, through)).toEqual(
              model.entries.slice(from - 1, through),
            );
          } else if (action.type === 'restart') {
            await store.close();
            store = reopened();
            expect(await contentOf(store, await store.open(OWNER))).toEqual(model);
          }
        }
      } finally {
        await store.close();
      }
    });
    await fc.assert(property, { numRuns: ROUNDS });
  });
});
