/** How often the page is drawn: as a film, or, for those who asked for less motion, as a few stills a second. */

const FILM_MS = 33;
const STILLS_MS = 250;
const wantsStills = matchMedia('(prefers-reduced-motion: reduce)');

export function isStill(): boolean {
  return wantsStills.matches;
}

/** Calls `draw` again and again, while the page is seen. */
export function keepDrawing(draw: () => void): void {
  let drawnAt = 0;
  const frame = (time: number): void => {
    const pause = isStill() ? STILLS_MS : FILM_MS;
    if (time - drawnAt >= pause - 2) {
      drawnAt = time;
      draw();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
