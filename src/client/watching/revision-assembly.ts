/**
 * Puts a revision together again that was too large for one frame (CL8): watchers are given whole revisions
 * only, since a revision is one step. What has begun is bounded; past that it is refused, not cut.
 */
import { RaftError } from '../../core/errors.ts';
import {
  bytesOfRevision,
  type WatchEvent,
  type WatchRevision,
} from '../../kv/watching/watch-event.ts';

export class RevisionAssembly {
  readonly #bytesMax: number;
  #revision = 0;
  #events: WatchEvent[] = [];
  #bytes = 0;

  /** Bound: bytes of keys and values of one revision. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** False: another revision has begun, and has no end. */
  isNext(revision: number): boolean {
    return this.#events.length === 0 || revision === this.#revision;
  }

  /** More of a revision whose end is yet to come. Returns why it cannot be taken. */
  add(part: WatchRevision): RaftError | null {
    this.#revision = part.revision;
    this.#bytes += bytesOfRevision(part);
    if (this.#bytes > this.#bytesMax) {
      this.clear();
      return tooLarge(part.revision, this.#bytesMax);
    }
    for (const event of part.events) this.#events.push(event);
    return null;
  }

  /** The revision with all that came before its end. */
  finish(end: WatchRevision): WatchRevision {
    if (this.#events.length === 0) return end;
    const events = [...this.#events, ...end.events];
    this.clear();
    return { revision: end.revision, events };
  }

  clear(): void {
    this.#events = [];
    this.#bytes = 0;
  }
}

function tooLarge(revision: number, bytesMax: number): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `Revision ${revision} changes more than ${bytesMax} bytes of the keys watched, the most a watch holds. Watch fewer keys, or go on from the next revision and read anew.`,
  );
}
