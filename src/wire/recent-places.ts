/** URLs that were named lately, of which nothing is believed but that somebody may be asked there (CG8, FO15). */

interface Bounds {
  /** Bound: one more is not remembered, until another is forgotten. */
  readonly placesMax: number;
  readonly rememberedMs: number;
  readonly now: () => number;
}

export class RecentPlaces {
  readonly #bounds: Bounds;
  /** When each was named last. */
  readonly #named = new Map<string, number>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  get urls(): readonly string[] {
    this.#forget();
    return [...this.#named.keys()];
  }

  name(url: string): void {
    this.#forget();
    const hasRoom = this.#named.has(url) || this.#named.size < this.#bounds.placesMax;
    if (hasRoom) this.#named.set(url, this.#bounds.now());
  }

  #forget(): void {
    const oldest = this.#bounds.now() - this.#bounds.rememberedMs;
    for (const [url, namedAt] of this.#named) if (namedAt < oldest) this.#named.delete(url);
  }
}
