/** What a node says of itself to whoever asks, over HTTP and to clients alike (SV14). */
import type { ServerContext } from '../server-context.ts';

export interface StatusParts extends Pick<ServerContext, 'replica' | 'version'> {
  readonly kv: Pick<ServerContext['kv'], 'revision'>;
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
