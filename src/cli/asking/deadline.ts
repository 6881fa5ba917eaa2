/**
 * A time limit that is kept whatever the other end does (CL25). The timer is held by the work that it ends: a
 * signal of `AbortSignal.timeout` within one of `AbortSignal.any` may be collected on Node.js 20, and never fires.
 */

/** Runs `work` with a signal that aborts after `timeoutMs`, or with `interrupted`. */
export async function withDeadline<Result>(
  timeoutMs: number,
  interrupted: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const late = (): void => controller.abort(new Error(`no answer within ${timeoutMs} ms`));
  const stop = (): void => controller.abort(interrupted.reason);
  if (interrupted.aborted) stop();
  interrupted.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(late, timeoutMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    interrupted.removeEventListener('abort', stop);
  }
}
