/**
 * Where members serve their clients (CG9): this node tells the others, hears it of them, and tells clients of all, so that
 * these go on when the members that they were given are gone.
 */
import { type Address, formatAddress, parseAddress } from '../core/address.ts';
import type { NodeId } from '../core/types.ts';
import type { ReplicaStatus } from '../ports/replica.ts';
import type { ClientUrls } from '../transport/told-url.ts';
import { clientUrlIn, isEverywhere, isLoopbackHost } from '../wire/client-url.ts';
import { CLIENT_URLS_MAX } from './limits.ts';

interface Known {
  /** `null`: nobody could find it by any. */
  readonly own: string | null;
  /** What this node was told at its start, which counts for more. */
  readonly given: ReadonlyMap<string, string>;
}

export class KnownClientUrls implements ClientUrls {
  readonly own: string | null;
  readonly #given: ReadonlyMap<string, string>;
  /** As they told themselves. Bound: `CLIENT_URLS_MAX`; of more, those heard last. */
  readonly #told = new Map<string, string>();

  constructor({ given, own }: Known) {
    this.own = own;
    this.#given = given;
  }

  readonly heard = (member: NodeId, url: string | null): void => {
    this.#told.delete(member);
    if (url === null) return;
    this.#told.set(member, url);
    const [longestAgo] = this.#told.keys();
    if (this.#told.size > CLIENT_URLS_MAX && longestAgo !== undefined) {
      this.#told.delete(longestAgo);
    }
  };

  /** Of that member; `null`: nobody has told. */
  of(member: string): string | null {
    return this.#given.get(member) ?? this.#told.get(member) ?? null;
  }

  /** Of all members, as far as it is known to this one. */
  among({ id, members }: Pick<ReplicaStatus, 'id' | 'members'>): Readonly<Record<string, string>> {
    const all = [...members.voters, ...members.learners].map((member) => {
      return [member, member === id ? this.own : this.of(member)] as const;
    });
    return Object.fromEntries(all.filter((each): each is [NodeId, string] => each[1] !== null));
  }

  all(status: Pick<ReplicaStatus, 'id' | 'members'>): readonly string[] {
    return Object.values(this.among(status));
  }
}

interface Start {
  readonly id: NodeId;
  /** What its operator says; not given: nothing. */
  readonly clientUrl?: string | null;
  readonly inspection: { readonly peers: ReadonlyMap<string, string> } | null;
  readonly peerListen: string;
  readonly peers: ReadonlyMap<NodeId, string> | null;
  /** Given: clients are served over TLS. */
  readonly tls?: object;
}

/** What a node knows of that at its start. */
export function clientUrlsOf(
  { clientUrl = null, id, inspection, peerListen, peers, tls }: Start,
  bound: Address,
): KnownClientUrls {
  const peerAddress = peers?.get(id) ?? peerListen;
  const own = ownClientUrl({ given: clientUrl, bound, isSecure: tls !== undefined, peerAddress });
  return new KnownClientUrls({ own, given: inspection?.peers ?? new Map() });
}

interface Listening {
  /** What its operator says; `null`: nothing. */
  readonly given: string | null;
  readonly bound: Address;
  readonly isSecure: boolean;
  /** Where the other members find it. */
  readonly peerAddress: string;
}

/**
 * `null`: where others are to call it is not known. One that listens everywhere is called where its peers call it; one that
 * listens on loopback, and has peers elsewhere, is for clients of its own machine alone.
 */
export function ownClientUrl({ bound, given, isSecure, peerAddress }: Listening): string | null {
  if (given !== null) return given;
  const peerHost = parseAddress(peerAddress)?.host ?? '';
  const isHidden = isLoopbackHost(bound.host) && !isLoopbackHost(peerHost);
  const host = isEverywhere(bound.host) ? peerHost : bound.host;
  const scheme = isSecure ? 'https' : 'http';
  return isHidden ? null : clientUrlIn(`${scheme}://${formatAddress({ ...bound, host })}`);
}
