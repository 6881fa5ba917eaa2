/** How long a process needs until it answers: asked again and again from the moment of its start. */
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
const EVERY_MS = 2;

/** In milliseconds from `start` until the first answer with the status 200. */
export async function untilAnswered(
  url: string,
  request: RequestInit,
  start: () => void,
): Promise<number> {
  const begun = performance.now();
  start();
  for (;;) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(url, { ...request, signal }).catch(() => null);
    await answer?.arrayBuffer();
    const elapsed = performance.now() - begun;
    if (answer?.status === 200) return elapsed;
    if (elapsed > PATIENCE_MS) throw new Error(`${url} did not answer in ${PATIENCE_MS} ms`);
    await pause(EVERY_MS);
  }
}
