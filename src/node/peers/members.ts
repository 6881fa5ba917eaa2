/**
 * Who the other members are at this moment, as the raft chart has it, and where they are found. When they change, links
 * begin and end: the node chart runs them. Ids decide, addresses are hints: the latest word counts, so that what this node
 * was told at its start stands above what its log held then, and below what a configuration says anew.
 */
import type { MembershipAt } from '../../core/configuration.ts';
import { isMemberAddress } from '../../core/configuration-entry.ts';
import type { ConfigurationChanged } from '../../core/effect.ts';
import { ofMember, type PerMember } from '../../core/per-member.ts';
import { INDEX_ZERO, type Index, type NodeId } from '../../core/types.ts';
import { configurationIndex, everyone } from '../../rules/configurations.ts';
import type { Actors } from '../tree/actors.ts';

interface MembersOptions {
  readonly id: NodeId;
  readonly actors: Pick<Actors, 'lastRaft' | 'link' | 'tellNode'>;
  /** The addresses that this node was started with. */
  readonly told: PerMember<string>;
  /** Those of the configuration that counted then. */
  readonly recovered: PerMember<string>;
  /** Those of the founding, as its file has them. */
  readonly founders: PerMember<string>;
}

export class Members {
  readonly #options: MembersOptions;
  /** What those who were believed last said of themselves. Bound: the members, and who is one by a newer configuration. */
  readonly #said = new Map<NodeId, string>();
  /** It was down, or cut off, when it was removed: its log does not say so, but a peer has. */
  #isToldRemoved = false;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** Everyone whom a configuration names that counts, or may count again, this node as well if it is one. */
  get all(): readonly NodeId[] {
    return everyone({ configurations: this.#configurations });
  }

  /** Where the configuration that counts stands in the log. */
  get configurationIndex(): Index {
    const configurations = this.#configurations;
    return configurations.length === 0 ? INDEX_ZERO : configurationIndex({ configurations });
  }

  /** Were members once, as far as this node knows. */
  get removed(): readonly NodeId[] {
    return this.#configurations.at(-1)?.removed ?? [];
  }

  /** It was a member itself, and is none any more, for good (MC7). */
  get isRemoved(): boolean {
    const { id } = this.#options;
    return this.#isToldRemoved || (this.removed.includes(id) && !this.includes(id));
  }

  /** A peer has refused this node because it was removed. True if that is news. */
  toldRemoved(): boolean {
    const isNews = !this.isRemoved;
    this.#isToldRemoved = true;
    return isNews;
  }

  includes(id: string | null): boolean {
    return this.all.some((member) => member === id);
  }

  /** `null`: nobody has told it. MC14: a member has moved if a configuration says other than at the start. */
  addressOf(peer: NodeId): string | null {
    const { founders, recovered, told } = this.#options;
    const known = this.#configurations
      .flatMap(({ addresses }) => ofMember(addresses, peer) ?? [])
      .at(-1);
    const hasMoved = known !== undefined && known !== ofMember(recovered, peer);
    const first = hasMoved ? known : ofMember(told, peer);
    return first ?? known ?? this.#said.get(peer) ?? ofMember(founders, peer) ?? null;
  }

  /** `null`: nobody has told it, or what it was told is no address. */
  get ownAddress(): string | null {
    const address = this.addressOf(this.#options.id);
    return isMemberAddress(address) ? address : null;
  }

  /** A peer that is believed says where it is found: what a node goes by that has no configuration yet, as one that joins. */
  found(peer: NodeId, address: string | null): void {
    if (address !== null) this.#said.set(peer, address);
  }

  /** Every known address of these. */
  addressesOf(ids: readonly NodeId[]): PerMember<string> {
    const known = ids.flatMap((id) => {
      const address = this.addressOf(id);
      return address === null || address === '' ? [] : [[id, address] as const];
    });
    return Object.fromEntries(known);
  }

  /** Whoever has come is spoken to from now on; whoever has gone a moment longer, since it has yet to hear of it. */
  changed({ come, gone }: Pick<ConfigurationChanged, 'come' | 'gone'>): void {
    const { actors, id } = this.#options;
    const isOther = (member: NodeId): boolean => member !== id;
    for (const peer of come.filter(isOther)) {
      actors.tellNode({ type: 'peer.joined', peer, calls: false });
    }
    for (const peer of gone.filter(isOther)) actors.tellNode({ type: 'peer.leaving', peer });
  }

  /** Whoever calls and is believed has a link from now on: it is a member by a newer configuration, if by none known here. */
  takeCaller(peer: NodeId): void {
    this.#link(peer, true);
  }

  #link(peer: NodeId, calls: boolean): void {
    const { actors } = this.#options;
    if (actors.link(peer) === null) actors.tellNode({ type: 'peer.joined', peer, calls });
  }

  /** A node that belongs to no configuration yet speaks to those whose addresses it was told. */
  begin(): void {
    const { id, told } = this.#options;
    if (this.all.length > 0) return;
    for (const peer of Object.keys(told) as NodeId[]) if (peer !== id) this.#link(peer, false);
  }

  get #configurations(): readonly MembershipAt[] {
    return this.#options.actors.lastRaft?.configurations ?? [];
  }
}
