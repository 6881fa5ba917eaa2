/** The pictures that were fetched so far, by the stem of their file. */
import { type Signal, signal } from '@preact/signals';
import { Picture } from './picture.ts';

export class PictureShelf {
  readonly #pictures = new Map<string, Signal<Picture | null>>();

  /** `null` until it is there. */
  picture(chart: string): Signal<Picture | null> {
    const known = this.#pictures.get(chart);
    if (known !== undefined) return known;
    const place: Signal<Picture | null> = signal(null);
    this.#pictures.set(chart, place);
    void this.#fetch(chart, place);
    return place;
  }

  async #fetch(chart: string, place: Signal<Picture | null>): Promise<void> {
    try {
      const answer = await fetch(`pictures/${chart}.svg`);
      if (!answer.ok) throw new Error(`there is no picture of ${chart}`);
      place.value = new Picture(await answer.text());
    } catch {
      // The server is away for a moment: whoever looks next asks again.
      this.#pictures.delete(chart);
    }
  }
}
