/**
 * A generated picture on the page: fetched as a file, taken into the document, and lit by the ids of its groups. It lays
 * nothing out; what a group means it is told.
 */
import type { ChartRules } from '../../words/chart-rules.ts';
import { around, isArrow, isNamed, pathIn } from '../../words/picture-ids.ts';

export interface Lights {
  /** The innermost active states, by their ids. */
  readonly lit: readonly string[];
  /** The arrow just taken. */
  readonly taken: string | null;
  /** Those taken before it, the newest first. */
  readonly trail: readonly string[];
  /** What it does again and again, and stays where it is. */
  readonly again: string | null;
}

const CLASSES = ['lit', 'within', 'taken', 'trail', 'again'] as const;
/** No smaller than this part of the size it was drawn in, so that it can be read. */
const SCALE_MIN = 0.86;

export class Picture {
  readonly svg: SVGSVGElement;
  readonly rules: ChartRules;
  readonly #groups: ReadonlyMap<string, SVGGElement>;
  #lights = '';

  constructor(text: string, rules: ChartRules) {
    this.rules = rules;
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    this.svg = document.importNode(parsed as unknown as SVGSVGElement, true);
    this.#groups = new Map(
      [...this.svg.querySelectorAll<SVGGElement>('g[id]')].map((group) => [group.id, group]),
    );
    this.svg.setAttribute('role', 'group');
    this.#fit();
    for (const group of this.#groups.values()) describe(group);
  }

  group(id: string): SVGGElement | null {
    return this.#groups.get(id) ?? null;
  }

  /** What a state says of itself, or an arrow of its event, as they are written in the picture. */
  wordsAt(id: string): string {
    const group = this.#groups.get(id);
    return group === undefined ? '' : wordsIn(group);
  }

  /** True if anything but the endless repetition has changed. */
  light(lights: Lights): boolean {
    const { lit, taken, trail, again } = lights;
    const key = JSON.stringify([lit, taken, trail]);
    const isNew = key !== this.#lights;
    if (isNew) {
      this.#clear(['lit', 'within', 'taken', 'trail']);
      for (const id of lit) this.#lightState(id);
      for (const id of trail) this.#add(id, 'trail');
      if (taken !== null) this.#add(taken, 'taken');
      this.#lights = key;
    }
    this.#clear(['again']);
    if (again !== null) this.#add(again, 'again');
    return isNew;
  }

  #lightState(id: string): void {
    this.#add(id, 'lit');
    for (const outer of around(id)) this.#add(outer, 'within');
  }

  #add(id: string, name: (typeof CLASSES)[number]): void {
    this.#groups.get(id)?.classList.add(name);
  }

  #clear(names: readonly (typeof CLASSES)[number][]): void {
    for (const group of this.#groups.values()) {
      if (group.classList.length === 0) continue;
      group.classList.remove(...names);
      // As it was drawn: the same place of the story is the same picture.
      if (group.classList.length === 0) group.removeAttribute('class');
    }
  }

  #fit(): void {
    const { width } = this.svg.viewBox.baseVal;
    this.svg.removeAttribute('width');
    this.svg.removeAttribute('height');
    this.svg.style.minWidth = `${Math.round(width * SCALE_MIN)}px`;
    this.svg.style.maxWidth = `${width}px`;
  }
}

/** So that it can be pointed at, also by keys. */
function describe(group: SVGGElement): void {
  if (!isNamed(group.id)) return;
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', `${pathIn(group.id)}: ${wordsIn(group)}`);
  group.setAttribute('tabindex', '-1');
}

/** Of a state the description, of an arrow all of it. */
function wordsIn(group: SVGGElement): string {
  const what = isArrow(group.id) ? 'tspan' : ':scope > text > .description';
  return [...group.querySelectorAll(what)].map(({ textContent }) => textContent?.trim()).join(' ');
}
