/** The answer to a command that cannot be carried out on any replica; nothing was changed (KV9). */
import type { MvccStore } from './mvcc-store.ts';
import type { RefusalCode, Refused } from './results.ts';

export function refused(store: MvccStore, code: RefusalCode, message: string): Refused {
  const { revision, compactedRevision } = store;
  return { type: 'refused', code, message, revision, compactedRevision };
}
