/** Why every guard of every chart says what it says, in words: by the name of the chart, then by that of the guard. */
import type { charts } from '../index.ts';
import { foundingReasons } from './founding-reasons.ts';
import { membershipReasons } from './membership-reasons.ts';
import {
  applierReasons,
  forwardingReasons,
  linkReasons,
  logWriterReasons,
  nodeReasons,
  snapshotterReasons,
} from './other-reasons.ts';
import { raftReasons } from './raft-reasons.ts';
import { readIndexReasons } from './read-index-reasons.ts';
import { replicationReasons } from './replication-reasons.ts';
import type { ReasonsFor } from './words.ts';

type Reasons = { readonly [Chart in keyof typeof charts]: ReasonsFor<(typeof charts)[Chart]> };

const REASONS: Reasons = {
  node: nodeReasons,
  raft: raftReasons,
  replication: replicationReasons,
  membership: membershipReasons,
  link: linkReasons,
  call: {},
  logWriter: logWriterReasons,
  applier: applierReasons,
  readIndex: readIndexReasons,
  forwarding: forwardingReasons,
  snapshotter: snapshotterReasons,
  snapshotReceiver: {},
  founding: foundingReasons,
};

type Reason = (
  asked: { readonly context: unknown; readonly outcome: boolean },
  params: unknown,
) => string;

/** Undefined for a guard that no chart has. */
export function reasonOf(chart: string, guard: string): Reason | undefined {
  const all: Readonly<Record<string, Readonly<Record<string, unknown>>>> = REASONS;
  const reasons = Object.hasOwn(all, chart) ? all[chart] : undefined;
  if (reasons === undefined || !Object.hasOwn(reasons, guard)) return undefined;
  return reasons[guard] as Reason;
}
