/** The production server's client connections on one life of a simulated member. */
import type { KvStateMachine } from '../../../kv/kv-state-machine.ts';
import type { RaftNode } from '../../../node/raft-node.ts';
import type { FrameSocket } from '../../../ports/frame-socket.ts';
import { AccessGuard } from '../../../server/access/access-guard.ts';
import { ALWAYS_FRESH } from '../../../server/access/rights-freshness.ts';
import { nobody } from '../../../server/access/visitor.ts';
import { type Held, HeldBytes, TICK_MS } from '../../../server/admission/held-bytes.ts';
import { ClientConnections } from '../../../server/client-port/client-connections.ts';
import { SharedRenewals } from '../../../server/leases/shared-renewals.ts';
import type { ServerLimits } from '../../../server/limits.ts';
import { ServerCounters } from '../../../server/operations/server-counters.ts';
import type { KvReads } from '../../../server/server-context.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import { connectionClockOf } from './process-clock.ts';
import type { StreamListener } from './stream-network.ts';

interface SimulatedServerOptions {
  readonly process: SimulatedProcess;
  readonly node: RaftNode;
  readonly machine: KvStateMachine;
  readonly limits: ServerLimits;
  readonly keepAliveMs: number;
  /** Bound: bytes held for all clients together. */
  readonly heldBytesMax: number;
  /** What production code is handed instead of the socket; the socket itself but for planted bugs. */
  readonly accepted: (socket: FrameSocket) => FrameSocket;
  /** Promises that something waits for have been settled. */
  readonly settled: () => void;
  readonly onFault: (error: unknown) => void;
}

export class SimulatedServer implements StreamListener {
  readonly process: SimulatedProcess;
  readonly #held: Held;
  readonly #connections: ClientConnections;
  readonly #accepted: (socket: FrameSocket) => FrameSocket;

  constructor(options: SimulatedServerOptions) {
    const { process, node, machine, limits, keepAliveMs, settled, onFault } = options;
    this.process = process;
    this.#held = heldOf(options.heldBytesMax);
    this.#accepted = options.accepted;
    const renewals = new SharedRenewals({
      replica: node,
      kv: machine,
      clock: connectionClockOf(process),
    });
    this.#connections = new ClientConnections({
      replica: node,
      kv: tellingOf(machine, settled),
      leases: {
        renew: (leases, timeoutMs, completed) => renewals.renew(leases, timeoutMs, completed),
        remainingMs: () => null,
      },
      guard: new AccessGuard(machine, { freshness: ALWAYS_FRESH, isIgnored: false }),
      limits,
      counters: new ServerCounters(),
      held: this.#held,
      version: 'simulated',
      onFault,
      clock: connectionClockOf(process),
      keepAliveMs,
    });
  }

  get isAdmitting(): boolean {
    return this.#connections.refusal === null;
  }

  admit(socket: FrameSocket): void {
    this.#connections.admit(this.#accepted(socket), nobody());
  }

  /** Bytes for clients that have not taken them, as the server counts them. */
  get heldBytes(): number {
    return this.#held.outgoing.total + this.#held.incoming.total;
  }

  /** As after an orderly end of the node. */
  close(): void {
    this.process.run('input', () => {
      this.#connections.close('this node is stopping').catch(() => {});
    });
  }
}

/** The accounts of production, smaller, so that clients come to their bounds. */
function heldOf(bytesMax: number): Held {
  const stallTicks = 500 / TICK_MS;
  const timeoutTicks = 10_000 / TICK_MS;
  const bounds = { bytesMax, bytesMaxHard: 1.4 * bytesMax, stallTicks, timeoutTicks };
  return {
    outgoing: new HeldBytes({ ...bounds, since: 'moved' }),
    incoming: new HeldBytes({ ...bounds, since: 'begun' }),
  };
}

/** The store, whose watches wake promises: they are to go on before anything else happens. */
function tellingOf(machine: KvStateMachine, settled: () => void): KvReads {
  return {
    get revision() {
      return machine.revision;
    },
    get compactedRevision() {
      return machine.compactedRevision;
    },
    get keyCount() {
      return machine.keyCount;
    },
    get leases() {
      return machine.leases;
    },
    get access() {
      return machine.access;
    },
    range: (options) => machine.range(options),
    history: (options) => machine.history(options),
    watch: (options, listener, interrupted) =>
      machine.watch(
        options,
        (revisions) => {
          settled();
          listener(revisions);
        },
        (nextRevision) => {
          settled();
          interrupted?.(nextRevision);
        },
      ),
  };
}
