/**
 * Who has fallen silent. Whoever has a timer will tell something when that fires; if nothing comes for much longer, the node does
 * not run, or cannot be heard, long before its connection is known to have ended. A node without timers, such as a halted one,
 * has nothing to say, and silence says nothing of it.
 */
import type { NodeView } from '../../../src/ports/inspection.ts';
import type { PageRecord } from './page-record.ts';

/** How long a node is waited for when its timer should have fired, in milliseconds. */
const PATIENCE_MS = 3_000;
/** Bound: of the time between two looks; a page that slept or was busy has not listened meanwhile. */
const LISTENED_MS_MAX = 1_000;

interface Heard {
  readonly node: string;
  /** When it was heard last, in milliseconds of listening. */
  readonly at: number;
  /** How long it may say nothing. */
  readonly forMs: number;
}

export class Silence {
  readonly #time: () => number;
  readonly #heard = new Map<string, Heard>();
  /** All the time that somebody has listened, in milliseconds. */
  #listenedMs = 0;
  #lookedAt: number;

  constructor(time: () => number) {
    this.#time = time;
    this.#lookedAt = time();
  }

  heard(record: PageRecord): void {
    if (record.type === 'note') return;
    const { node } = record;
    if (record.type === 'presence' && record.presence !== 'running') this.#heard.delete(node);
    const before = this.#heard.get(node)?.forMs;
    const forMs = record.type === 'view' ? quietFor(record.view, record.at) : before;
    if (forMs !== undefined) this.#heard.set(node, { node, at: this.#listenedMs, forMs });
  }

  /** Those that should have been heard of by now, and for how long they were not; each until it is heard again. */
  look(): readonly { readonly node: string; readonly forMs: number }[] {
    const now = this.#time();
    this.#listenedMs += Math.min(Math.max(0, now - this.#lookedAt), LISTENED_MS_MAX);
    this.#lookedAt = now;
    return [...this.#heard.values()].flatMap(({ node, at, forMs }) => {
      const silentMs = this.#listenedMs - at;
      return silentMs >= forMs ? [{ node, forMs: silentMs }] : [];
    });
  }
}

function quietFor({ timers }: NodeView, at: number): number {
  const left = Math.min(...timers.map(({ endsAt }) => endsAt - at));
  return Math.max(0, left) + PATIENCE_MS;
}
