/** The store in memory keeps the contract of every log store. */
import { afterEach, describe, expect, it } from 'vitest';
import { memoryLogStore } from '../../src/storage/memory-log-store.ts';
import { logStoreContract } from '../../src/testing/contracts/log-store-contract.ts';

logStoreContract(
  {
    name: 'memoryLogStore',
    async create() {
      let isBroken = false;
      const store = memoryLogStore({ failure: () => (isBroken ? new Error('broken') : null) });
      return {
        store: () => store,
        breakDisk: () => {
          isBroken = true;
        },
        dispose: async () => {},
      };
    },
  },
  { describe, it, expect, afterEach },
);
