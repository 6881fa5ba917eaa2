/** What a node says of itself to whoever asks, over HTTP and to clients alike (SV14). */
import type { Replica } from '../../ports/replica.ts';
import type { KnownClientUrls } from '../client-urls.ts';

export interface StatusParts extends TimeParts {
  readonly kv: { readonly revision: number };
  readonly version: string;
  readonly clientUrls?: KnownClientUrls;
}

interface TimeParts {
  readonly replica: Replica;
  readonly clock: { wallTimeMs(): number };
}

export function statusJson(context: StatusParts): Readonly<Record<string, unknown>> {
  const status = context.replica.status();
  const { members, isRemoved, diskStalled, links, versions, ...position } = status;
  const { clientUrls, kv, version } = context;
  const revision = kv.revision;
  const urls = clientUrls && { clientUrls: clientUrls.among(status) };
  const state = { members, ...urls, isRemoved, diskStalled, links, versions, version };
  return { ...position, revision, ...state, timeMs: timeOf(context) };
}

/** The time that the next entry of the log will have, about: its time never falls, whatever the clocks do. */
export function timeOf({ clock, replica }: TimeParts): number {
  return Math.max(replica.status().timeMs, clock.wallTimeMs());
}
