/** Who may do what, out of a snapshot (KV26): how many changes there are comes first, and each has to be possible. */
import type { AccessChange } from '../commands/access-changes.ts';
import { AccessTable } from '../store/access-table.ts';
import { notRestored } from './not-restored.ts';

interface AccessHead {
  readonly revision: number;
  readonly isOn: boolean;
  readonly count: number;
}

export class AccessRestore {
  readonly table = new AccessTable();
  /** `null`: it was not announced. */
  #head: AccessHead | null = null;
  #left = 0;

  begin(head: AccessHead): void {
    const isFirst = this.#head === null && head.revision > 0;
    if (!isFirst) throw notRestored('Its access contradicts itself.');
    this.#head = head;
    this.#left = head.count;
  }

  add(change: AccessChange): void {
    const isPart = change.type === 'grantRole' || change.type === 'addCaller';
    this.#left -= 1;
    if (this.#left < 0 || !isPart || this.table.change(change) !== null) {
      throw notRestored('A change of access cannot be.');
    }
  }

  end(): void {
    if (this.#left !== 0) throw notRestored('A change of access is missing.');
    if (this.#head !== null) this.table.restore(this.#head.revision, this.#head.isOn);
  }
}
