/** The store in memory keeps the contract of every log store. */
import { memoryLogStore } from '../../src/storage/memory-log-store.ts';
import { logStoreContract } from '../contracts/log-store.contract.ts';

logStoreContract({
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
});
