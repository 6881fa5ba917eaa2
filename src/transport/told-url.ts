/**
 * Where the far end serves its clients (CG9), as it tells in the heads with which a WebSocket opens: beside the peer
 * protocol, so that builds that know nothing of it skip it. It is heeded once the far end is believed to be that member.
 */
import type { NodeId } from '../core/types.ts';
import { clientUrlIn } from '../wire/client-url.ts';
import type { Conversation } from './conversation.ts';

export interface ClientUrls {
  /** Of this member; `null`: it tells none. */
  readonly own: string | null;
  /** Of a member that is believed; `null`: it tells none. */
  readonly heard: (member: NodeId, url: string | null) => void;
}

const HEADER = 'raftchart-client-url';

/** The head that tells it. */
export function tellingHead(urls: ClientUrls | undefined): Readonly<Record<string, string>> {
  const own = urls?.own ?? null;
  return own === null ? {} : { [HEADER]: own };
}

/** What one far end has told, until it is believed. */
export class ToldUrl {
  readonly #urls: ClientUrls | undefined;
  #told: string | null = null;

  constructor(urls: ClientUrls | undefined) {
    this.#urls = urls;
  }

  read({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): void {
    this.#told = clientUrlIn(headers[HEADER]);
  }

  believed({ peer }: Pick<Conversation, 'peer'>): void {
    if (peer !== null) this.#urls?.heard(peer, this.#told);
  }
}
