/** The pictures that were fetched so far with the rules behind them, by the stem of their files. */
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
      const answers = await Promise.all([
        fetch(`pictures/${chart}.svg`),
        fetch(`pictures/${chart}.json`),
      ]);
      if (!answers.every(({ ok }) => ok)) throw new Error(`there is no picture of ${chart}`);
      const [svg, rules] = answers;
      place.value = new Picture(await svg.text(), await rules.json());
    } catch {
      // The server is away for a moment: whoever looks next asks again.
      this.#pictures.delete(chart);
    }
  }
}
