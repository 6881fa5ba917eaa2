/**
 * Where other nodes that found a cluster by number serve clients (FO15): each says so when it asks, and is told of those with
 * whom the other has spoken lately, so that all who know one node meet all. It is where to ask, and nothing else: what
 * counts is what a node says of itself.
 */
import { clientUrlFrom, clientUrlIn } from '../wire/client-url.ts';
import { RecentPlaces } from '../wire/recent-places.ts';
import { FOUNDER_PLACES_MAX, FOUNDER_PLACES_MS } from './limits.ts';

export class FounderPlaces {
  /** Its own; `null`: it cannot say. */
  readonly own: string | null;
  /** They have asked or answered this very node. Only these are told on, so that nobody is told of for ever. */
  readonly #met: RecentPlaces;
  /** Others have told of them. */
  readonly #told: RecentPlaces;

  constructor(own: string | null, now: () => number = () => performance.now()) {
    const bounds = { placesMax: FOUNDER_PLACES_MAX, rememberedMs: FOUNDER_PLACES_MS, now };
    this.own = own;
    this.#met = new RecentPlaces(bounds);
    this.#told = new RecentPlaces(bounds);
  }

  /** Whom to ask besides those that its operator named. */
  get urls(): readonly string[] {
    const all = new Set([...this.#met.urls, ...this.#told.urls]);
    return [...all].filter((url) => url !== this.own);
  }

  /** One that has asked this node, or answered it. */
  met(url: unknown): void {
    const place = clientUrlIn(url);
    if (place !== null) this.#met.name(place);
  }

  /** What the node at this URL tells of others. */
  told(others: unknown, by: string): void {
    if (!Array.isArray(others)) return;
    for (const url of others.slice(0, FOUNDER_PLACES_MAX)) {
      const place = clientUrlFrom(url, by);
      if (place !== null) this.#told.name(place);
    }
  }

  /** What is told to who asks and is found there. */
  toldTo(url: unknown): readonly string[] {
    return this.#met.urls.filter((each) => each !== url && each !== this.own);
  }
}
