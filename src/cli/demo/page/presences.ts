/** Which processes of the demo run, stand still or are gone, and whoever wants to hear of it. */

import type { PresenceRecord } from '../../../server/page/presence.ts';

type Standing = Pick<PresenceRecord, 'presence' | 'how' | 'isByHand'>;

export class Presences {
  readonly #news = new Map<string, PresenceRecord>();
  readonly #listeners = new Set<(news: PresenceRecord) => void>();
  /** They answer, though their process here is gone: whoever read how in the terminal has started another. */
  readonly #elsewhere = new Set<string>();

  constructor(nodes: readonly string[]) {
    for (const node of nodes)
      this.tell(node, { presence: 'running', how: 'runs', isByHand: false });
  }

  of(node: string): PresenceRecord['presence'] | null {
    return this.#news.get(node)?.presence ?? null;
  }

  tell(node: string, standing: Standing): void {
    const news: PresenceRecord = { type: 'presence', at: Date.now(), node, ...standing };
    this.#news.set(node, news);
    for (const listener of this.#listeners) listener(news);
  }

  /** It lets itself be watched. */
  reached(node: string): void {
    if (this.of(node) !== 'dead') return;
    this.#elsewhere.add(node);
    const how = 'was started again in a terminal';
    this.tell(node, { presence: 'running', how, isByHand: false });
  }

  /** It does not, or no longer: of a process of the demo that says nothing, of another one that it has ended. */
  lost(node: string): void {
    if (!this.#elsewhere.delete(node)) return;
    this.tell(node, { presence: 'dead', how: 'was ended in its terminal', isByHand: false });
  }

  isElsewhere(node: string): boolean {
    return this.#elsewhere.has(node);
  }

  /** Calls with how each stands now, then with each change. Returns how to stop. */
  watch(listener: (news: PresenceRecord) => void): () => void {
    for (const news of this.#news.values()) listener({ ...news, at: Date.now() });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
