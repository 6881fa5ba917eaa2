/** All that ever happened to a replicated key-value store: what was committed, carried out once, and nothing let go of. */
import { decodeCommitted } from '../../../kv/commands/command-codec.ts';
import type { KvCommand } from '../../../kv/commands/commands.ts';
import { KvStateMachine } from '../../../kv/kv-state-machine.ts';
import type { CommittedCommand } from '../../../ports/state-machine.ts';
import type { History } from '../checks/history.ts';
import type { SimulatedMember } from '../world/member.ts';

export class StoreArchive {
  readonly #store = new KvStateMachine();
  #compactedRevision = 0;

  constructor(history: History) {
    history.appliedListeners.add((command) => this.#applied(command));
  }

  /** From where on the replicas have to know what happened; 0: from the beginning. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** Knows every revision. */
  get store(): Pick<KvStateMachine, 'history' | 'range' | 'revision'> {
    return this.#store;
  }

  #applied(command: CommittedCommand): void {
    const known = commandIn(command.data);
    if (known?.type !== 'compact') {
      this.#store.apply([command]);
      return;
    }
    const { revision } = known;
    if (revision <= this.#store.revision) {
      this.#compactedRevision = Math.max(this.#compactedRevision, revision);
    }
  }
}

/** `null`: every replica refuses these bytes. */
export function commandIn(data: Uint8Array): KvCommand | null {
  try {
    return decodeCommitted(data);
  } catch {
    return null;
  }
}

export function storeOf(member: SimulatedMember | undefined): KvStateMachine {
  if (member?.machine instanceof KvStateMachine) return member.machine;
  throw new TypeError('history is that of the key-value store');
}
