/**
 * What waits for a signal. However many requests wait for one, it has one listener: Node.js warns of a leak at the eleventh, and looks through
 * all of them to take one away.
 */

interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly tell: () => void;
}

const waitingFor = new WeakMap<AbortSignal, Waiting>();

/** Calls back when it is aborted, which it is not yet; what it returns puts an end to that. Whoever calls back does not throw. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, tell } = waitingFor.get(signal) ?? listening(signal);
  const own = (): void => callback();
  callbacks.add(own);
  return () => {
    callbacks.delete(own);
    // A signal made of others is kept for as long as somebody listens to it.
    if (callbacks.size > 0) return;
    signal.removeEventListener('abort', tell);
    waitingFor.delete(signal);
  };
}

function listening(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>();
  const tell = (): void => {
    for (const callback of callbacks) callback();
  };
  const waiting = { callbacks, tell };
  waitingFor.set(signal, waiting);
  signal.addEventListener('abort', tell, { once: true });
  return waiting;
}
