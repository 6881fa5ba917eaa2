/** The group on which nodes ask for each other, and the network on which they do (CG7). */
import { isIPv4 } from 'node:net';
import type { Address } from '../../../core/address.ts';

export interface Group {
  readonly address: Address;
  /** Of the interface by which datagrams come and go; `null`: as the system has it. */
  readonly via: string | null;
  /** What keeps clusters apart; empty: nothing. */
  readonly cluster: string;
}

/** No router passes on what may go no further than this: who asks and who answers are on one network. */
export const ONE_NETWORK = 1;

/** What is served at one address is looked for and told on that network alone: on this machine, if it is loopback. */
export function interfaceOf({ host }: Address): string | null {
  return isIPv4(host) && !isWildcard(host) ? host : null;
}

/** Of all the addresses that a node then has it cannot say by which others reach it. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
