/** The keys of the whole page: back and forth through the story, and live again. */
import type { Session } from './session.ts';

/** `others`: what further keys do, by their names. */
export function listenToKeys(
  sessionNow: () => Session,
  others: Readonly<Record<string, () => void>> = {},
): void {
  addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
    const act = actionOf(event, sessionNow()) ?? others[event.key] ?? null;
    if (act === null) return;
    event.preventDefault();
    act();
  });
}

function actionOf({ key, shiftKey, target }: KeyboardEvent, session: Session): (() => void) | null {
  switch (key) {
    case 'ArrowLeft':
      return () => (shiftKey ? session.leap(-1) : session.step(-1));
    case 'ArrowRight':
      return () => (shiftKey ? session.leap(1) : session.step(1));
    case ' ':
      if (isPressable(target)) return null;
      return () => (session.frame.value.isLive ? session.pause() : session.goLive());
    case 'Escape':
      return () => session.goLive();
    default:
      return null;
  }
}

/** Where letters and arrows belong to the field. */
function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'range';
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}

function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, [role="button"]') !== null;
}
