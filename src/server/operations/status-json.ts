/** What a node says of itself to whoever asks, over HTTP and to clients alike (SV14). */
import type { Replica } from '../../ports/replica.ts';

export interface StatusParts {
  readonly replica: Replica;
  readonly kv: { readonly revision: number };
  readonly version: string;
}

export function statusJson(context: StatusParts): Readonly<Record<string, unknown>> {
  const { members, diskStalled, links, ...position } = context.replica.status();
  const { revision } = context.kv;
  return { ...position, revision, members, diskStalled, links, version: context.version };
}
