/**
 * What an attack is: something that one process does to the ports of a running cluster for a bounded time. It says
 * in a sentence what came of it, and throws if a door did not do what it promises to honest users of it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type KvClient } from '../../../src/client/index.ts';

export interface Target {
  /** The members' client ports, `http://host:port`. */
  readonly urls: readonly string[];
  /** Their peer ports, `host:port`. */
  readonly peers: readonly string[];
  /** How long an attack that has no end of its own goes on, in milliseconds. */
  readonly durationMs: number;
}

export type Attack = (target: Target) => Promise<string>;

/** A client that goes on through the attack. */
export function clientOf({ urls }: Target): KvClient {
  return connect({ endpoints: urls, timeoutMs: 20_000 });
}

/** The first member's client port: attacks that need one server take this one. */
export function firstUrl({ urls }: Target): URL {
  const [url] = urls;
  if (url === undefined) throw new Error('a target names at least one member');
  return new URL(url);
}

/** Repeats `act` until the time of the attack is over; returns how often. */
export async function untilOver(
  { durationMs }: Target,
  pauseMs: number,
  act: (round: number) => Promise<void> | void,
): Promise<number> {
  const until = performance.now() + durationMs;
  let rounds = 0;
  while (performance.now() < until) {
    await act(rounds);
    rounds += 1;
    await pause(pauseMs);
  }
  return rounds;
}
