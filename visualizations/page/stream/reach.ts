/**
 * Which nodes can be heard at all, told among their records and by their clocks: the clock of whoever looks may be hours
 * away. Says the same once; before the first record of anybody there is no time yet, and what is known waits for it.
 */
import type { PageRecord, Presence } from './page-record.ts';

interface News {
  readonly node: string;
  readonly presence: Presence;
  readonly how: string;
}

export class Reach {
  readonly #hear: (record: PageRecord) => void;
  readonly #told = new Map<string, Presence>();
  #waiting: News[] = [];
  /** Of the newest record; `null` before the first. */
  #at: number | null = null;

  constructor(hear: (record: PageRecord) => void) {
    this.#hear = hear;
  }

  heard(record: PageRecord): void {
    this.#at = Math.max(this.#at ?? record.at, record.at);
    const { node, type } = record;
    if (type === 'presence') this.#told.set(node, record.presence);
    for (const news of this.#waiting.splice(0)) this.#say(news, this.#at);
    if (type !== 'note' && this.#told.get(node) === 'silent') {
      this.#tell({ node, presence: 'running', how: 'is heard of again' });
    }
    this.#hear(record);
  }

  reached(node: string): void {
    this.#tell({ node, presence: 'running', how: 'can be reached' });
  }

  lost(node: string): void {
    this.#tell({ node, presence: 'dead', how: 'cannot be reached' });
  }

  /** Of whom it is known that it does not run, that says more. */
  silent(node: string, forMs: number): void {
    if ((this.#told.get(node) ?? 'running') !== 'running') return;
    const how = `has not been heard of for ${Math.floor(forMs / 1_000)} s`;
    this.#tell({ node, presence: 'silent', how });
  }

  #tell(news: News): void {
    if (this.#told.get(news.node) === news.presence) return;
    this.#told.set(news.node, news.presence);
    if (this.#at === null) this.#waiting.push(news);
    else this.#say(news, this.#at);
  }

  #say(news: News, at: number): void {
    this.#hear({ type: 'presence', at, isByHand: false, ...news });
  }
}
