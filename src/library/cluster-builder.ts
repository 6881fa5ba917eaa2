/**
 * A cluster described once, for all of its members: who they are, and what has to be the same on each. It only gathers:
 * what `of` returns are the options of `createNode`, which checks them (EM20).
 */
import { whatIsKnown } from '../core/known-names.ts';
import type { Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import type { SnapshotThresholds } from '../core/snapshot-thresholds.ts';
import type { TlsSource } from '../ports/tls.ts';
import type { PeerTls } from '../transport/tls-peer.ts';
import { memberId } from './member-names.ts';
import type { NodeOptions } from './node-options.ts';

/** How one member proves itself to the others. */
export type MemberTls = PeerTls | TlsSource;
/** Options of `createNode` that are told once, for all members. */
const SHARED = [
  'id',
  'peers',
  'clusterId',
  'tls',
  'clusterSecret',
  'timing',
  'limits',
  'snapshots',
  'leaseReads',
] as const;

/** What each member has for itself: its machine, its disk, where it listens. */
export type OwnOptions<State, Commands, Queries> = Omit<
  NodeOptions<State, Commands, Queries>,
  (typeof SHARED)[number]
>;

/** Every call returns another builder and leaves this one as it is; of what is said twice, the later holds, field by field. */
export interface ClusterBuilder<Member extends string> {
  /** A founding member, or one that joins, with its `host:port`. */
  member<const Id extends string>(id: Id, address: string): ClusterBuilder<Member | Id>;
  timeouts(timing: Partial<RaftTiming>): ClusterBuilder<Member>;
  limits(limits: Partial<Limits>): ClusterBuilder<Member>;
  snapshots(snapshots: Partial<SnapshotThresholds>): ClusterBuilder<Member>;
  /** The certificate of each member: `(id) => tlsFiles({ cert: …, key: …, ca: … })`, or one that names them all. */
  tls(tls: MemberTls | ((id: string) => MemberTls)): ClusterBuilder<Member>;
  secret(clusterSecret: string): ClusterBuilder<Member>;
  leaseReads(): ClusterBuilder<Member>;
  /** The options of one member, for `createNode`. Throws a `TypeError` if there is no such member. */
  of<State, Commands, Queries>(
    // Any text, and the names that are known are offered while it is typed.
    id: Member | (string & {}),
    own: OwnOptions<State, Commands, Queries>,
  ): NodeOptions<State, Commands, Queries>;
}

/** Begins the description of a cluster: `clusterId` is the same on all members, and different between clusters. */
export function cluster(clusterId: string): ClusterBuilder<never> {
  return builderOf({ clusterId, peers: {}, tlsOf: null });
}

interface Plan
  extends Pick<
    NodeOptions<never, never, never>,
    'clusterSecret' | 'timing' | 'limits' | 'snapshots' | 'leaseReads'
  > {
  readonly clusterId: string;
  readonly peers: Readonly<Record<string, string>>;
  readonly tlsOf: ((id: string) => MemberTls) | null;
}

function builderOf<Member extends string>(plan: Plan): ClusterBuilder<Member> {
  const but = <More extends string>(change: Partial<Plan>): ClusterBuilder<Member | More> =>
    builderOf({ ...plan, ...change });
  return Object.freeze({
    member: <const Id extends string>(id: Id, address: string) => but<Id>(added(plan, id, address)),
    timeouts: (timing: Partial<RaftTiming>) => but({ timing: { ...plan.timing, ...timing } }),
    limits: (limits: Partial<Limits>) => but({ limits: { ...plan.limits, ...limits } }),
    snapshots: (snapshots: Partial<SnapshotThresholds>) =>
      but({ snapshots: { ...plan.snapshots, ...snapshots } }),
    tls: (tls: MemberTls | ((id: string) => MemberTls)) =>
      but({ tlsOf: typeof tls === 'function' ? tls : () => tls }),
    secret: (clusterSecret: string) => but({ clusterSecret }),
    leaseReads: () => but({ leaseReads: true }),
    of: <State, Commands, Queries>(id: string, own: OwnOptions<State, Commands, Queries>) =>
      optionsOf(plan, id, own),
  });
}

function added({ peers }: Plan, id: string, address: string): Pick<Plan, 'peers'> {
  memberId('a member of the cluster', id);
  if (Object.hasOwn(peers, id)) throw new TypeError(`${id} is a member of the cluster already`);
  return { peers: Object.assign(Object.create(null), peers, { [id]: address }) };
}

function optionsOf<State, Commands, Queries>(
  { tlsOf, ...shared }: Plan,
  id: string,
  own: OwnOptions<State, Commands, Queries>,
): NodeOptions<State, Commands, Queries> {
  if (!Object.hasOwn(shared.peers, id)) {
    const known = whatIsKnown(id, Object.keys(shared.peers));
    throw new TypeError(`${id} is no member of the cluster: ${known}`);
  }
  const twice = SHARED.find((name) => Object.hasOwn(own, name));
  if (twice !== undefined) {
    throw new TypeError(`${twice} is told to the cluster, not to one member of it`);
  }
  return { ...own, ...shared, id, ...(tlsOf !== null && { tls: tlsOf(id) }) };
}
