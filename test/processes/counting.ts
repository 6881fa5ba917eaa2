/** A writer of which no write may fail, whatever is done to the cluster meanwhile. */
import { expect } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { closing } from '../clean-up.ts';
import { eventually, type ProcessCluster } from './process-cluster.ts';

/** Counts on, one write after the other, until it is told to end; a write that fails is thrown there. */
export function counting(key: string, { endpoints }: ProcessCluster) {
  const client = closing(connect({ endpoints: [...endpoints], timeoutMs: 20_000 }));
  let isOver = false;
  let count = 0;
  const writing = (async () => {
    for (; !isOver; count += 1) await client.put(key, `${count + 1}`);
  })();
  // What fails is thrown where the end is awaited.
  writing.catch(() => {});
  return {
    /** Resolves once so many more are acknowledged; a write that failed is thrown. */
    more: async (): Promise<void> => {
      const enough = count + 20;
      const isEnough = async (): Promise<boolean> => count > enough;
      await Promise.race([writing, eventually(20_000, 'more writes', isEnough)]);
    },
    end: async (): Promise<void> => {
      isOver = true;
      await writing;
      const found = await client.get(key);
      expect(found === null ? null : new TextDecoder().decode(found.value)).toBe(`${count}`);
    },
  };
}
