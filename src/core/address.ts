/** Addresses as people write them: `host:port`, with IPv6 hosts in brackets. */

import { PORT_MAX } from './limits.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const PATTERN = /^(?:\[([0-9A-Fa-f:.%]+)\]|([0-9A-Za-z._-]+)):([0-9]{1,5})$/;

/** `null` if the text is no address. Port 0, any free one, is allowed: it means something to a listener. */
export function parseAddress(text: string): Address | null {
  const match = PATTERN.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port <= PORT_MAX ? { host, port } : null;
}

/** The same of somebody who is to be found there: `null` also for port 0, at which nobody listens. */
export function parsePlace(text: string): Address | null {
  const address = parseAddress(text);
  return address === null || address.port === 0 ? null : address;
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
