/** What a node says of itself to whoever asks, over HTTP and to clients alike (SV14). */
import type { KnownClientUrls } from '../client-urls.ts';
import { type LogTimeParts, nextLogTime } from './log-time.ts';

export interface StatusParts extends LogTimeParts {
  readonly kv: { readonly revision: number };
  readonly version: string;
  readonly clientUrls?: KnownClientUrls;
}

export function statusJson(context: StatusParts): Readonly<Record<string, unknown>> {
  const status = context.replica.status();
  const { members, isRemoved, diskStalled, links, versions, ...position } = status;
  const { clientUrls, kv, version } = context;
  const revision = kv.revision;
  const urls = clientUrls && { clientUrls: clientUrls.among(status) };
  const state = { members, ...urls, isRemoved, diskStalled, links, versions, version };
  return { ...position, revision, ...state, timeMs: nextLogTime(context) };
}
