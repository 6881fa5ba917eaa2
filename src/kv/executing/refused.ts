/** The answer to a command that cannot be carried out on any replica; nothing was changed (KV9). */

import type { RefusalCode, Refused } from '../commands/results.ts';
import type { MvccStore } from '../store/mvcc-store.ts';

export function refused(store: MvccStore, code: RefusalCode, message: string): Refused {
  const { revision, compactedRevision } = store;
  return { type: 'refused', code, message, revision, compactedRevision };
}
