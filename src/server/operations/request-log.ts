/** The line of the log for a request that was answered (OP9). */
import type { Log } from './json-log.ts';
import type { TraceContext } from './trace-context.ts';

/** What is told of a request: neither key nor value, which may be secret. */
export interface RequestFacts {
  readonly method: string;
  /** The pattern of its path. */
  readonly route: string;
  readonly status: number;
  /** Until its answer begins, in milliseconds. */
  readonly ms: number;
  /** `null`: it is part of none. */
  readonly trace: TraceContext | null;
}

/** The trace is flat, as readers of logs want it. */
export function logRequest(log: Log, { ms, trace, ...facts }: RequestFacts): void {
  log('debug', 'request', { ...facts, ms: Math.round(1000 * ms) / 1000, ...trace });
}
