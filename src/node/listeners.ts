/** Who wants to hear of one kind of event, in the order in which they asked. */
export class Listeners<Event> {
  readonly #all = new Set<(event: Event) => void>();
  readonly #defer: (call: () => void) => void;

  /** A listener is a guest: what it throws is its own, and `defer` calls it where nobody else is hurt. */
  constructor(defer: (call: () => void) => void) {
    this.#defer = defer;
  }

  /** Returns how to stop listening. */
  add(listener: (event: Event) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  /** OW6: frozen, since all listeners, and the teller, see the same event. */
  tell(event: Event): void {
    Object.freeze(event);
    for (const listener of this.#all) this.#defer(() => listener(event));
  }
}
