/**
 * One member, as those see it who start it and call it: its charts, its disk, its links and its state machine, put
 * together in `assembly.ts`, begun and ended in `life.ts`.
 */
import { unreachable } from '../core/assert.ts';
import type { RaftError } from '../core/errors.ts';
import type { MembershipChange } from '../core/membership-change.ts';
import type { SessionOperation } from '../core/session.ts';
import type { NodeId } from '../core/types.ts';
import type { InspectionObserver } from '../ports/inspection.ts';
import type { RecoveredLog } from '../ports/log-store.ts';
import type {
  CaptureOutcome,
  DiskEvent,
  MembersEvent,
  MembersOutcome,
  PeerEvent,
  ProposalOutcome,
  Readable,
  ReadableOptions,
  Replica,
  ReplicaCounters,
  ReplicaStatus,
  ReplicaTimings,
  RoleEvent,
  SessionOutcome,
  SnapshotEvent,
  SnapshotOutcome,
  SubmitOptions,
  TransferOutcome,
  WaitOptions,
} from '../ports/replica.ts';
import type { ConnectionListener, PeerConnection } from '../ports/transport.ts';
import { leaseMs } from '../rules/timing.ts';
import { assemble } from './assembly.ts';
import type { NodeInspection, NodeInstruments } from './instruments.ts';
import { type RaftNodeOptions, type Settings, settle } from './options.ts';
import type { Parts } from './parts.ts';
import { countersOf, inspectionOf, statusOf } from './status.ts';
import { halted, stopped } from './tree/endings.ts';
import { Life } from './tree/life.ts';
import { NodePorts } from './tree/node-ports.ts';
import { appliedAtStart, recoveredState, restoreMachine } from './tree/recovery.ts';

export type { NodeInspection, NodeInstruments, RaftNodeOptions };

/**
 * Starts a member on its disk: takes the address, proves the log, takes part. Rejects, having changed nothing on
 * disk, if the address is taken or the store refuses.
 */
export async function startRaftNode(options: RaftNodeOptions): Promise<RaftNode> {
  const settings = settle(options);
  const ports = new NodePorts(settings);
  const life = new Life(settings);
  try {
    return await new Promise<RaftNode>((resolve, reject) => {
      life.consistsOf([life.actors, ports, { end: ({ error }) => reject(error) }]);
      life.begin(async () => {
        const recovered = await ports.open(life.storeFailed).catch((error: unknown) => {
          reject(error);
          throw error;
        });
        await restoreMachine(settings, recovered.snapshot).catch((error: unknown) => {
          reject(error);
          throw error;
        });
        await outlastPromises(settings, recovered);
        return () => {
          const parts = assemble({ life, recovered, settings }, ports);
          const node = create(parts, recovered, life, ports);
          ports.serve(node.accept);
          resolve(node);
          life.run(() => parts.members.begin());
          const { lastApplied } = appliedAtStart(recovered);
          return { state: recoveredState(settings, recovered), lastApplied };
        };
      });
    });
  } catch (error) {
    await ports.closed.catch(() => {});
    throw error;
  }
}

/** RD7: what this member has promised its leader before it ended, to heed nobody else for so long, is over then. */
async function outlastPromises(
  { clock, protocol, timing }: Settings,
  { hardState, peers }: RecoveredLog,
): Promise<void> {
  const own = leaseMs({ protocol, timing }) === 0 ? 0 : timing.electionTimeoutMinMs;
  // A store that kept its notes before there were promises has none.
  const lastsMs = Math.max(own, ...peers.map(({ loyalMs = 0 }) => loyalMs));
  if (lastsMs === 0 || hardState.term === 0) return;
  await new Promise<void>((resolve) => {
    clock.setTimeout(resolve, lastsMs);
  });
}

/** Made here alone: what a node is made of stays out of its public types (EM10). */
let create: (parts: Parts, recovered: RecoveredLog, life: Life, ports: NodePorts) => RaftNode;

export class RaftNode implements Replica {
  static {
    create = (parts, recovered, life, ports) => new RaftNode(parts, recovered, life, ports);
  }

  readonly id: NodeId;
  /** Takes inbound connections. */
  readonly accept: (connection: PeerConnection) => ConnectionListener;
  readonly #parts: Parts;
  readonly #recovered: RecoveredLog;
  readonly #life: Life;
  readonly #ports: NodePorts;

  private constructor(parts: Parts, recovered: RecoveredLog, life: Life, ports: NodePorts) {
    this.id = parts.id;
    this.accept = parts.callers.accept;
    this.#parts = parts;
    this.#recovered = recovered;
    this.#life = life;
    this.#ports = ports;
  }

  submit(
    data: Uint8Array,
    options: SubmitOptions,
    completed: (outcome: ProposalOutcome) => void,
  ): void {
    this.#call(
      (clients) => clients.submit(data, options, completed),
      (error) => completed({ type: 'failed', error }),
    );
  }

  session(
    operation: SessionOperation,
    options: WaitOptions,
    completed: (outcome: SessionOutcome) => void,
  ): void {
    this.#call(
      (clients) => clients.session(operation, options, completed),
      (error) => completed({ type: 'failed', error }),
    );
  }

  awaitReadable(options: ReadableOptions, completed: Readable): void {
    this.#call((clients) => clients.awaitReadable(options, completed), completed);
  }

  transferLeadership(
    to: NodeId | null,
    options: WaitOptions,
    completed: (outcome: TransferOutcome) => void,
  ): void {
    const error = this.#refusal();
    if (error !== null) {
      return this.#parts.clock.defer(() => completed({ type: 'failed', error }));
    }
    this.#life.run(() => this.#parts.clients.transferLeadership(to, options, completed));
  }

  snapshot({ timeoutMs }: WaitOptions, completed: (outcome: SnapshotOutcome) => void): void {
    const error = this.#refusal();
    if (error !== null) {
      return this.#parts.clock.defer(() => completed({ type: 'failed', error }));
    }
    this.#life.run(() => this.#parts.snapshotCalls.add(timeoutMs, completed));
  }

  capture(completed: (outcome: CaptureOutcome) => void): void {
    const error = this.#refusal();
    if (error !== null) {
      return this.#parts.clock.defer(() => completed({ type: 'failed', error }));
    }
    this.#life.run(() => this.#parts.snapshotCalls.capture(completed));
  }

  changeMembers(
    change: MembershipChange,
    options: WaitOptions,
    completed: (outcome: MembersOutcome) => void,
  ): void {
    this.#call(
      (clients) => clients.changeMembers(change, options, completed),
      (error) => completed({ type: 'failed', error }),
    );
  }

  status(): ReplicaStatus {
    return statusOf(this.#parts, this.#recovered);
  }

  /** What it knows right now, for checkers and debuggers: the live objects, to be read and not kept. */
  inspection(): NodeInspection {
    return inspectionOf(this.#parts);
  }

  inspect(observer: InspectionObserver, after: number | null = null): () => void {
    return this.#parts.inspector.add(observer, after);
  }

  /** Where a clock is led by hand: those who inspect it are shown what happened since they saw it last. */
  tellDueView(): void {
    this.#parts.inspector.tellDueView();
  }

  counters(): ReplicaCounters {
    return countersOf(this.#parts);
  }

  timings(): ReplicaTimings {
    return this.#parts.timings;
  }

  onRole(listener: (event: RoleEvent) => void): () => void {
    return this.#parts.audience.role.add(listener);
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    return this.#parts.audience.peer.add(listener);
  }

  onDisk(listener: (event: DiskEvent) => void): () => void {
    return this.#parts.audience.disk.add(listener);
  }

  onSnapshot(listener: (event: SnapshotEvent) => void): () => void {
    return this.#parts.audience.snapshot.add(listener);
  }

  onMembers(listener: (event: MembersEvent) => void): () => void {
    return this.#parts.audience.members.add(listener);
  }

  onHalt(listener: (error: RaftError) => void): () => void {
    const { error } = this.#life.actors;
    if (error === null) return this.#parts.audience.halt.add(listener);
    listener(error);
    return () => {};
  }

  close(): Promise<void> {
    this.#life.run(() => this.#life.actors.tellNode({ type: 'stop' }));
    return this.#ports.closed;
  }

  #call(make: (clients: Parts['clients']) => void, refused: (error: RaftError) => void): void {
    const refusal = this.#refusal();
    if (refusal !== null) return this.#parts.clock.defer(() => refused(refusal));
    try {
      make(this.#parts.clients);
    } catch (error) {
      this.#life.fail(error);
    }
  }

  #refusal(): RaftError | null {
    const { error, lifecycle } = this.#life.actors;
    switch (lifecycle) {
      case 'recovering':
      case 'running':
      case 'handingOver':
        return null;
      case 'draining':
      case 'stopped':
        return stopped().refusal;
      case 'halted':
        return error === null ? stopped().refusal : halted(error).refusal;
      default:
        return unreachable(lifecycle);
    }
  }
}
