/** The names and addresses of members, as callers write them: what is none is refused in words (EM12). */
import { parsePlace } from '../core/address.ts';
import { isNodeId, type NodeId } from '../core/types.ts';

/** Whether the transport can look for somebody there. */
export type IsPlace = (address: string) => boolean;

/** Of WebSockets. Of a transport of the caller's own nobody but it knows. */
export const isSocketPlace: IsPlace = (address) => parsePlace(address) !== null;

/** Throws a `TypeError`. */
export function memberId(where: string, id: unknown): NodeId {
  if (isNodeId(id)) return id;
  throw new TypeError(
    `${where} must be the name of a member: 1 to 64 of letters, digits, '.', '_' and '-', the first a letter or digit; it is ${JSON.stringify(id)}`,
  );
}

/** Likewise. */
export function memberAddress(where: string, address: unknown, isPlace: IsPlace): string {
  if (typeof address === 'string' && isPlace(address)) return address;
  throw new TypeError(
    `${where} must be an address such as 127.0.0.1:4200; it is ${JSON.stringify(address)}`,
  );
}
