/**
 * The table as it was at one moment, while entries go on to change it: a session is written down just before it changes,
 * or when its turn comes, whichever is first. So it costs a list of sessions to begin, and no more than one of them at a
 * time, however much they remember (I2).
 */
import type { Session } from './session.ts';
import type { SessionTable } from './session-table.ts';
import { encodeHead, encodeSession } from './table-codec.ts';

export class TableView {
  readonly #head: Uint8Array;
  readonly #sessions: readonly Session[];
  /** Those that changed since, as they were. */
  readonly #saved = new Map<Session, Uint8Array>();
  readonly #pending: Set<Session>;
  readonly #stop: () => void;

  constructor(table: SessionTable) {
    const { timeMs, sweptAtMs, versionInUse } = table;
    this.#sessions = table.inOrder();
    this.#pending = new Set(this.#sessions);
    this.#head = encodeHead({
      ...{ timeMs, sweptAtMs, versionInUse },
      sessions: this.#sessions.length,
    });
    this.#stop = table.watchChanges((session) => this.#save(session));
  }

  /** To be gone through once. */
  *parts(): Generator<Uint8Array, void, undefined> {
    yield this.#head;
    for (const session of this.#sessions) {
      const saved = this.#saved.get(session);
      this.#saved.delete(session);
      this.#pending.delete(session);
      yield saved ?? encodeSession(session);
    }
  }

  release(): void {
    this.#stop();
    this.#saved.clear();
    this.#pending.clear();
  }

  #save(session: Session): void {
    if (this.#pending.delete(session)) this.#saved.set(session, encodeSession(session));
  }
}
