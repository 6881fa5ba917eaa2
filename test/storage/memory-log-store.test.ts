/** The store in memory keeps the contract of every log store. */
import { afterEach, describe, expect, it } from 'vitest';
import { memoryLogStore } from '../../src/storage/memory-log-store.ts';
import {
  type LogStoreContract,
  logStoreContract,
} from '../../src/testing/contracts/log-store-contract.ts';
import { snapshotStoreContract } from '../../src/testing/contracts/snapshot-store-contract.ts';

const inMemory: LogStoreContract = {
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
};

for (const contract of [logStoreContract, snapshotStoreContract]) {
  contract(inMemory, { describe, it, expect, afterEach });
}
