/** What a node says of itself to whoever asks, over HTTP and to clients alike (SV14). */
import type { Replica } from '../../ports/replica.ts';

export interface StatusParts {
  readonly replica: Replica;
  readonly kv: { readonly revision: number };
  readonly version: string;
}

export function statusJson(context: StatusParts): Readonly<Record<string, unknown>> {
  const { id, clusterId, lifecycle, role, term, leader, ...rest } = context.replica.status();
  const { commitIndex, lastApplied, firstIndex, lastIndex, snapshotIndex } = rest;
  const { members, diskStalled, links } = rest;
  return {
    id,
    clusterId,
    lifecycle,
    role,
    term,
    leader,
    commitIndex,
    lastApplied,
    firstIndex,
    lastIndex,
    snapshotIndex,
    revision: context.kv.revision,
    members,
    diskStalled,
    links,
    version: context.version,
  };
}
