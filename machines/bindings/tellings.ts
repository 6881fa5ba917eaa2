/**
 * What one chart hands out that others of the same node hear as well, through the actor system: at once, in the place that
 * it has among the effects. A chart that runs alone tells nobody. What has to wait for its place in a step the driver tells
 * (docs/deviations.md).
 */
import type { Effect, RoleNews } from '../../src/core/effect.ts';
import type { ForwardingEvent } from '../forwarding.machine.ts';
import type { LinkEvent } from '../link.machine.ts';
import type { NodeEvent } from '../node.machine.ts';
import type { RaftEvent } from '../raft.types.ts';
import type { ReadIndexEvent } from '../read-index.machine.ts';

/** Who hears what, by its name in the actor system. */
type Telling =
  | { readonly to: 'raft'; readonly event: RaftEvent }
  | { readonly to: 'readIndex'; readonly event: ReadIndexEvent }
  | { readonly to: 'forwarding'; readonly event: ForwardingEvent }
  | { readonly to: 'node'; readonly event: NodeEvent }
  | { readonly to: `link:${string}`; readonly event: LinkEvent };

type Told = Effect | RoleNews;
type Tellings = {
  readonly [Type in Told['type']]?: (
    effect: Extract<Told, { readonly type: Type }>,
  ) => readonly Telling[];
};

const TELLINGS: Tellings = {
  progressed: ({ peer, matchIndex, round }) => [
    { to: 'raft', event: { type: 'peer.progressed', peer, matchIndex, round } },
  ],
  diskStalled: () => [{ to: 'raft', event: { type: 'disk.stalled' } }],
  linkOpened: ({ peer }) => [{ to: 'raft', event: { type: 'link.opened', peer } }],
  linkClosed: ({ peer }) => [
    { to: 'raft', event: { type: 'link.closed', peer } },
    { to: 'readIndex', event: { type: 'link.closed', peer } },
  ],
  roleChanged: () => [
    { to: 'readIndex', event: { type: 'role.changed' } },
    { to: 'forwarding', event: { type: 'role.changed' } },
  ],
  askRound: () => [{ to: 'raft', event: { type: 'round.requested' } }],
  roundConfirmed: ({ readIndex }) => [
    { to: 'readIndex', event: { type: 'round.confirmed', readIndex } },
  ],
  // Whoever comes for a snapshot has a connection of its own, and its link is not concerned.
  admitCall: ({ call, hello }) =>
    hello.purpose === 'snapshot'
      ? []
      : [{ to: linkId(hello.identity.nodeId), event: { type: 'call.admitted', call } }],
  proposeConfiguration: ({ membership }) => [
    { to: 'raft', event: { type: 'configuration.proposed', membership } },
  ],
  callEnded: ({ call }) => [{ to: 'node', event: { type: 'call.ended', call } }],
};

export function tellingsOf(effect: Told): readonly Telling[] {
  return TELLINGS[effect.type]?.(effect as never) ?? [];
}

/** The link actor of a peer, as a child of the node actor and in the actor system. */
export function linkId(peer: string): `link:${string}` {
  return `link:${peer}`;
}
