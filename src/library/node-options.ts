/** What `createNode` may be told. A mistyped or impossible option is refused in words, before anything starts (EM12). */
import { DEFAULT_LIMITS, type Limits, TIMER_MS_MAX } from '../core/limits.ts';
import {
  aBoolean,
  aNumber,
  anObject,
  aWord,
  type Kind,
  notNegative,
  ownOptions,
} from '../core/option-kinds.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import type { SnapshotThresholds } from '../core/snapshot-thresholds.ts';
import type { NodeId } from '../core/types.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { TlsSource } from '../ports/tls.ts';
import type { Transport } from '../ports/transport.ts';
import { DEFAULT_TIMING } from '../rules/timing.ts';
import { SECRET_LENGTH_MIN } from '../transport/limits.ts';
import { isSource, type PeerTls } from '../transport/tls-peer.ts';
import type { Machine } from './machine.ts';
import { type IsPlace, memberAddress, memberId } from './member-names.ts';

export interface NodeOptions<State, Commands, Queries> {
  /** This member's name: letters, digits, '.', '_', '-'. */
  readonly id: string;
  readonly machine: Machine<State, Commands, Queries>;
  /** Every founding member with its `host:port`, this one included. Left out: a cluster of one. */
  readonly peers?: Readonly<Record<string, string>>;
  /**
   * It joins a cluster that exists, with an empty directory and a name that nobody had: `peers` tells its address and those of
   * some members, `clusterId` which cluster it is, and a member has to add it (`changeMembers`).
   */
  readonly isJoining?: boolean;
  /** Where to listen for peers, `host:port`; by default this member's own address in `peers`. */
  readonly listen?: string;
  /** A directory of this node's own, created if missing. Left out: `store` must be given. */
  readonly dataDir?: string;
  /** Instead of `dataDir`: where the log lives, e.g. `memoryLogStore()` in tests. */
  readonly store?: LogStore;
  /** Instead of WebSockets: how members talk. */
  readonly transport?: Transport;
  /** The same on all members, different between clusters; by default derived from `peers`. */
  readonly clusterId?: string;
  /**
   * Members speak TLS, with certificates of the authorities in `ca` on both ends, each with the URI `raftchart://member/<id>`
   * among its names: texts in PEM, or `tlsFiles({ cert, key, ca })`, which reads renewed files again.
   */
  readonly tls?: PeerTls | TlsSource;
  /** What all members prove to each other before they say anything, 32 characters at least: of use where there is no `tls`. */
  readonly clusterSecret?: string;
  readonly timing?: Partial<RaftTiming>;
  /**
   * Off unless given, and of use only on all members (a voter without it makes every read take a round): `query(…, { lease: true })` needs no round at a leader whose followers must still
   * be loyal to it. It trusts clocks, and a leader that dies is replaced only after an election timeout.
   */
  readonly leaseReads?: boolean;
  readonly limits?: Partial<Limits>;
  /**
   * When this member takes a snapshot without being asked, and how many entries stay in its log behind one; `null`: not for
   * that reason. By default after 100,000 entries or 256 MiB of them, and 10,000 stay.
   */
  readonly snapshots?: Partial<SnapshotThresholds>;
}

const KINDS: Readonly<Record<keyof NodeOptions<never, never, never>, Kind>> = {
  id: aWord,
  machine: anObject,
  peers: anObject,
  isJoining: aBoolean,
  listen: aWord,
  dataDir: aWord,
  store: anObject,
  transport: anObject,
  clusterId: aWord,
  tls: anObject,
  clusterSecret: aSecret,
  timing: anObject,
  leaseReads: aBoolean,
  limits: anObject,
  snapshots: anObject,
};

const SNAPSHOT_KINDS: Readonly<Record<keyof SnapshotThresholds, Kind>> = {
  entries: orNull(wholeFrom(1)),
  bytes: orNull(wholeFrom(1)),
  ageMs: orNull(aNumber(1, TIMER_MS_MAX)),
  growth: aNumber(0, Number.MAX_SAFE_INTEGER),
  trailingEntries: orNull(wholeFrom(0)),
};

/** Its words never say what was given. */
function aSecret(value: unknown): string | null {
  if (typeof value === 'string' && value.length >= SECRET_LENGTH_MIN) return null;
  throw new TypeError(
    `clusterSecret of createNode must have at least ${SECRET_LENGTH_MIN} characters`,
  );
}

function wholeFrom(min: number): Kind {
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= min ? null : `a whole number from ${min}`;
}

/** Of two that exclude each other one would be ignored: a log in memory, say, where its owner believes it on disk. */
const EITHER = [
  ['dataDir', 'store'],
  ['listen', 'transport'],
  ['tls', 'transport'],
  ['clusterSecret', 'transport'],
] as const;

/** The options as they are now: what the caller changes later changes nothing. Throws a `TypeError`. */
export function checkedNodeOptions<State, Commands, Queries>(
  options: NodeOptions<State, Commands, Queries>,
): NodeOptions<State, Commands, Queries> {
  const own = ownOptions('createNode', options, KINDS);
  if (typeof own.machine?.start !== 'function') {
    throw new TypeError('createNode needs a machine: what defineMachine returned');
  }
  for (const [one, other] of EITHER) {
    if (own[one] === undefined || own[other] === undefined) continue;
    throw new TypeError(`createNode takes ${one} or ${other}, not both: one would be ignored`);
  }
  if (own.tls !== undefined && (isSource(own.tls) ? own.tls.current : own.tls).ca === undefined) {
    throw new TypeError('tls of createNode needs ca: members prove themselves to each other');
  }
  checkNumbers('timing', own.timing, DEFAULT_TIMING);
  checkNumbers('limits', own.limits, DEFAULT_LIMITS);
  if (own.snapshots === undefined) return own;
  const snapshots = ownOptions('snapshots of createNode', own.snapshots, SNAPSHOT_KINDS);
  return { ...own, snapshots };
}

function orNull(kind: Kind): Kind {
  return (value) => {
    const wanted = value === null ? null : kind(value);
    return wanted === null ? null : `${wanted}, or null`;
  };
}

function checkNumbers(where: string, given: object | undefined, known: object): void {
  if (given === undefined) return;
  const kinds = Object.keys(known).map((name) => [name, notNegative] as const);
  ownOptions(`${where} of createNode`, given, Object.fromEntries(kinds));
}

/** The founding members with their addresses, in a table of its own. */
export function membersOf(
  id: NodeId,
  peers: Readonly<Record<string, string>> | undefined,
  isPlace: IsPlace,
): Readonly<Record<string, string>> {
  const members: Record<string, string> = Object.assign(Object.create(null), peers ?? { [id]: '' });
  for (const [peer, address] of Object.entries(members)) {
    memberId('a name in peers', peer);
    // Its own it hands to the transport, for which any free port is one, too.
    memberAddress(`peers.${peer}`, address, peer === id ? () => true : isPlace);
  }
  if (members[id] === undefined) {
    throw new TypeError(`peers must name every founding member, and ${id} is missing from it`);
  }
  return members;
}
