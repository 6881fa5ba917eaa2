/** All parts of a running node, put together by `assembly.ts`. Each is given what it needs of the others there. */
import type { Limits } from '../core/limits.ts';
import type { NodeId } from '../core/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { Applying } from './deeds/applying.ts';
import type { Disk } from './deeds/disk.ts';
import type { Snapshots } from './deeds/snapshots.ts';
import type { Callers } from './peers/callers.ts';
import type { Dialler } from './peers/dialler.ts';
import type { KnownVersions } from './peers/known-versions.ts';
import type { Members } from './peers/members.ts';
import type { Peers } from './peers/peers.ts';
import type { PeerProblems } from './peers/problems.ts';
import type { Clients } from './requests/clients.ts';
import type { SnapshotCalls } from './requests/snapshot-calls.ts';
import type { Installing } from './snapshots/installing.ts';
import type { Pulling } from './snapshots/pulling.ts';
import type { Serving } from './snapshots/serving.ts';
import type { Actors } from './tree/actors.ts';
import type { Life } from './tree/life.ts';
import type { Inspector } from './view/inspection/inspector.ts';
import type { Audience } from './view/listeners.ts';
import type { Roles } from './view/roles.ts';
import type { Timings } from './view/timings.ts';

export interface Parts {
  readonly id: NodeId;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly actors: Actors;
  readonly applying: Applying;
  readonly audience: Audience;
  readonly callers: Callers;
  readonly clients: Clients;
  readonly dialler: Dialler;
  readonly disk: Disk;
  readonly inspector: Inspector;
  readonly installing: Installing;
  readonly members: Members;
  readonly peers: Peers;
  readonly problems: PeerProblems;
  readonly pulling: Pulling;
  readonly roles: Roles;
  readonly serving: Serving;
  readonly snapshotCalls: SnapshotCalls;
  readonly snapshots: Snapshots;
  readonly timings: Timings;
  readonly versions: KnownVersions;
  /** Runs an input of the step loop; `received`: what came beside it. */
  readonly run: Life['run'];
}
