/** What somebody points at in a picture: by the mouse, a finger, or the keys up and down. */
import { type Signal, signal } from '@preact/signals';
import { touched } from './follow-light.ts';
import type { Picture } from './picture.ts';

/** The id of a state or an arrow; `null`: nothing. */
export const pointed: Signal<string | null> = signal(null);

/** Returns how to stop. */
export function pointing(box: HTMLElement, picture: Picture): () => void {
  const listeners = new AbortController();
  const { signal: until } = listeners;
  const point = ({ target }: Event): void => {
    pointed.value = target instanceof Element ? idAround(target) : null;
  };
  box.addEventListener('pointerover', point, { signal: until });
  box.addEventListener('focusin', point, { signal: until });
  box.addEventListener('pointerleave', () => (pointed.value = null), { signal: until });
  box.addEventListener('focusout', () => (pointed.value = null), { signal: until });
  for (const kind of ['wheel', 'pointerdown', 'touchmove', 'keydown']) {
    box.addEventListener(kind, () => touched(box), { signal: until, passive: true });
  }
  box.addEventListener('keydown', (event) => walk(event, box, picture), { signal: until });
  return () => {
    listeners.abort();
    pointed.value = null;
  };
}

function idAround(target: Element): string | null {
  return target.closest('g[id][aria-label]')?.id ?? null;
}

function walk(event: KeyboardEvent, box: HTMLElement, picture: Picture): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (by === 0) return;
  event.preventDefault();
  const things = [...box.querySelectorAll<SVGGElement>('g[id][aria-label]')];
  const here = things.findIndex(({ id }) => id === pointed.value);
  const first = things.findIndex((each) => each.classList.contains('lit'));
  const next = here === -1 ? Math.max(0, first) : (here + by + things.length) % things.length;
  const group = picture.group(things[next]?.id ?? '');
  group?.focus({ preventScroll: true });
  group?.scrollIntoView({ block: 'center', inline: 'nearest' });
}
