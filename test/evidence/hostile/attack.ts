/**
 * What an attack is: something that one process does to the ports of a running cluster for a bounded time. It says
 * in a sentence what came of it, and throws if a door did not do what it promises to honest users of it.
 */
export interface Target {
  /** The members' client ports, `http://host:port`. */
  readonly urls: readonly string[];
  /** Their peer ports, `host:port`. */
  readonly peers: readonly string[];
  /** How long an attack that has no end of its own goes on, in milliseconds. */
  readonly durationMs: number;
}

export type Attack = (target: Target) => Promise<string>;

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** The first member's client port: attacks that need one server take this one. */
export function firstUrl({ urls }: Target): URL {
  const [url] = urls;
  if (url === undefined) throw new Error('a target names at least one member');
  return new URL(url);
}

export function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
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
