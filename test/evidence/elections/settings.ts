/**
 * What the election experiment varies: the range of the election timeouts, as in the published figure (§9.3,
 * Figure 16 of the paper), and how much of our own protocol and of the links' news takes part. And what stays:
 * five members, one broadcast of about 15 ms.
 */
import type { RaftProtocol } from '../../../src/core/raft-state.ts';
import { DEFAULT_PROTOCOL } from '../../../src/rules/timing.ts';

/** Election timeouts are drawn from `[minMs, maxMs)`. */
export interface TimeoutRange {
  readonly minMs: number;
  readonly maxMs: number;
}

type VariantName = 'published' | 'atOnce' | 'defaults' | 'killed';

export interface Variant {
  readonly name: VariantName;
  /** What it is, and in what it differs, for people. */
  readonly title: string;
  readonly detail: string;
  readonly protocol: RaftProtocol;
  readonly broadcast: Broadcast;
  readonly crash: Crash;
}

/**
 * `power`: the machine is gone; what it sent still arrives, and its connections fall silent. `freeze`: the same for
 * everyone else, and it comes back cheaply. `kill`: its operating system resets the connections.
 */
export type Crash = 'power' | 'freeze' | 'kill';

/** The upper plot: how much chance there is in a timeout of 150 ms. */
export const BY_CHANCE: readonly TimeoutRange[] = [
  { minMs: 150, maxMs: 150 },
  { minMs: 150, maxMs: 151 },
  { minMs: 150, maxMs: 155 },
  { minMs: 150, maxMs: 175 },
  { minMs: 150, maxMs: 200 },
  { minMs: 150, maxMs: 300 },
];

/** The lower plot: how long the timeouts are. */
export const BY_LENGTH: readonly TimeoutRange[] = [
  { minMs: 12, maxMs: 24 },
  { minMs: 25, maxMs: 50 },
  { minMs: 50, maxMs: 100 },
  { minMs: 100, maxMs: 200 },
  { minMs: 150, maxMs: 300 },
];

/** How long one step of a broadcast takes on average, in milliseconds. */
interface Broadcast {
  /** One way of a message: at least so much, and on average so much more. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** One synced write. A vote takes two, at the same time: the log's database and the second copy (ST4). */
  readonly syncMs: number;
  /** As if a candidate asked before its own vote is on disk, as PS2 forbids: its own vote takes no time. */
  readonly asksAtOnce: boolean;
}

/**
 * There and back 12 ms, a vote on disk 3 ms: together the published 15 ms. The network gets the larger share because
 * a candidate's own vote is on disk before it asks (PS2), so that each election takes one write more than a broadcast.
 */
const BROADCAST: Broadcast = {
  latencyMs: 5.5,
  jitterMs: 0.5,
  syncMs: 3,
  asksAtOnce: false,
};

/** The same 15 ms, almost all of it the disk of who votes: there and back 1 ms, a vote on disk 14 ms. */
const DISK_BROADCAST: Broadcast = {
  latencyMs: 0.45,
  jitterMs: 0.05,
  syncMs: 14,
  asksAtOnce: true,
};

const AS_PUBLISHED: RaftProtocol = { preVote: false, checkQuorum: false };

export const VARIANTS: Readonly<Record<VariantName, Variant>> = {
  published: {
    name: 'published',
    title: 'As published',
    detail: 'no pre-vote; the machine is gone',
    protocol: AS_PUBLISHED,
    broadcast: BROADCAST,
    crash: 'freeze',
  },
  atOnce: {
    name: 'atOnce',
    title: 'As published, asking at once',
    detail: 'the 15 ms are the disk of who votes',
    protocol: AS_PUBLISHED,
    broadcast: DISK_BROADCAST,
    crash: 'freeze',
  },
  defaults: {
    name: 'defaults',
    title: 'Our defaults',
    detail: 'pre-vote; the machine is gone',
    protocol: DEFAULT_PROTOCOL,
    broadcast: BROADCAST,
    crash: 'freeze',
  },
  killed: {
    name: 'killed',
    title: 'Our defaults, a killed process',
    detail: 'its connections are reset: a hint',
    protocol: DEFAULT_PROTOCOL,
    broadcast: BROADCAST,
    crash: 'kill',
  },
};

/** One curve: a variant under one range of timeouts. */
export interface Setting {
  readonly variant: VariantName;
  readonly range: TimeoutRange;
  /** How many leaders are crashed. */
  readonly trials: number;
}

export function isSame(left: TimeoutRange, right: TimeoutRange): boolean {
  return left.minMs === right.minMs && left.maxMs === right.maxMs;
}

export function nameOf({ minMs, maxMs }: TimeoutRange): string {
  return `${minMs}–${maxMs} ms`;
}
