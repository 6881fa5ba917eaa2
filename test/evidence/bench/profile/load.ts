/** What is asked while it is measured, and what the caller's process and the one that measures tell each other. */
import type { Service } from '../../closed-loop.ts';

export interface ProfiledLoad {
  readonly ask: 'put' | 'get';
  readonly callers: number;
}

export const ASKS = ['put', 'get'] as const;
const CALLERS = [1, 100, 1_000] as const;
/** In this order: what is got has been put. */
export const LOADS: readonly ProfiledLoad[] = ASKS.flatMap((ask) =>
  CALLERS.map((callers) => ({ ask, callers })),
);

export function nameOf({ ask, callers }: ProfiledLoad): string {
  return `${ask} ×${callers.toLocaleString('en')}`;
}

/** To the caller: ask so, for so long, once it has been warmed up. */
export interface Order extends ProfiledLoad {
  readonly seconds: number;
}

/** From the caller: the measured part begins now; it is over, and this came of it. */
export type Word = 'begun' | Service;
