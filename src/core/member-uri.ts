/**
 * How a certificate names a member (TL6), or a user (AC5): a URI among its alternative names. Not a host name: members move, a name
 * server may be lied to, and a certificate that some web server has must not be one of a member.
 */
import type { NodeId } from './types.ts';

export function memberUri(id: NodeId): string {
  return `raftchart://member/${id}`;
}

export function userUri(name: string): string {
  return `raftchart://client/${name}`;
}
