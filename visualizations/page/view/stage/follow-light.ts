/** Brings what is lit into sight, unless somebody has just moved the picture by hand. */
import type { Lights, Picture } from './picture.ts';

/** How long the hand of an onlooker counts for more, in milliseconds. */
const HAND_MS = 5_000;
const touchedAt = new WeakMap<Element, number>();

/** Somebody moves it by hand. */
export function touched(box: Element): void {
  touchedAt.set(box, performance.now());
}

export function followLight(
  box: HTMLElement,
  picture: Picture,
  { lit }: Lights,
  still: boolean,
): void {
  const hand = touchedAt.get(box) ?? Number.NEGATIVE_INFINITY;
  const target = picture.group(lit[0] ?? '');
  if (target === null || performance.now() - hand < HAND_MS) return;
  const [outer, inner] = [box.getBoundingClientRect(), target.getBoundingClientRect()];
  const top = box.scrollTop + inner.top - outer.top - (outer.height - inner.height) / 2;
  const left =
    box.scrollLeft + inner.left - outer.left - Math.max(16, (outer.width - inner.width) / 2);
  box.scrollTo({ top, left, behavior: still ? 'auto' : 'smooth' });
}
