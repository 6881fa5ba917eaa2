/** Where a member serves its clients, as one says it to another: `http://host:port`, or https, and nothing besides (CG9). */
import { CLIENT_URL_LENGTH_MAX } from './limits.ts';

/** In the form of its origin; `null`: it is none, or none at which anybody could be found. */
export function clientUrlIn(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > CLIENT_URL_LENGTH_MAX) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) return null;
  return isEverywhere(url.hostname) || url.port === '0' ? null : url.origin;
}

/**
 * What a server tells of another, so that it can be asked in its place; `null`: it cannot.
 * Safety: no token goes where the teller itself would not have had it. What is told over TLS is called over TLS, and what is
 * told in the open in the open; a loopback address is of use to who is on the same machine as the teller.
 */
export function clientUrlFrom(told: unknown, teller: string): string | null {
  const url = clientUrlIn(told);
  if (url === null) return null;
  const [found, by] = [new URL(url), new URL(teller.replace(/^ws/, 'http'))];
  const isNear = isLoopbackHost(by.hostname) || !isLoopbackHost(found.hostname);
  return isNear && found.protocol === by.protocol ? url : null;
}

/** An address to listen at, and none to call. */
export function isEverywhere(host: string): boolean {
  return /^(0\.0\.0\.0|\[?::\]?)$/.test(host);
}

/** It leads to the machine itself that calls it. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127\.[0-9.]+|\[?::1\]?)$/.test(host);
}
