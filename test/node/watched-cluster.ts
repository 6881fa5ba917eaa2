/**
 * Three members under virtual time, each of whose code can be made to throw, with everything noted that one of them
 * does after it has: what it says, what it asks of its ports, which timers it still has.
 */
import type { RaftNodeOptions } from '../../src/node/raft-node.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { StateMachine } from '../../src/ports/state-machine.ts';
import { Trap, trapped } from '../../src/testing/simulation/runtime/trap.ts';
import type { VirtualMember } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually, type VirtualScene } from '../cluster/virtual-scene.ts';

export class Watch {
  readonly trap = new Trap({ late: (place) => this.late.push(place) });
  readonly timers = new Set<unknown>();
  /** What was asked of the ports, and said, after the throw. */
  readonly late: string[] = [];
  isStoreClosed = false;
}

export interface WatchedCluster extends VirtualScene {
  readonly watchOf: (member: VirtualMember) => Watch;
}

export async function startWatched(machine?: () => StateMachine): Promise<WatchedCluster> {
  const watches = new Map<string, Watch>();
  const scene = await ledVirtually({
    ...(machine === undefined ? {} : { machine }),
    carry: ({ from }) => {
      const watch = watches.get(from.slice('at-'.length));
      if (watch !== undefined && watch.trap.sprungAt !== null) watch.late.push('a frame');
      return true;
    },
    adapt: (options) => {
      const watch = new Watch();
      watches.set(options.id, watch);
      return trapped(observed(options, watch), watch.trap);
    },
  });
  await scene.cluster.submit(scene.leader.id, 'first');
  return { ...scene, watchOf: ({ id }) => watches.get(id) ?? new Watch() };
}

function observed(options: RaftNodeOptions, watch: Watch): RaftNodeOptions {
  const { clock, store } = options;
  const counted: Clock = {
    now: () => clock.now(),
    wallTimeMs: () => clock.wallTimeMs(),
    setTimeout: (callback, delayMs) => {
      const timer = clock.setTimeout(() => {
        watch.timers.delete(timer);
        callback();
      }, delayMs);
      watch.timers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      watch.timers.delete(timer);
      clock.clearTimeout(timer);
    },
    defer: (callback) => clock.defer(callback),
    yield: (callback) => clock.yield(callback),
  };
  return {
    ...options,
    clock: counted,
    snapshots: { trailingEntries: 0 },
    store: {
      snapshots: store.snapshots,
      open: (owner) => store.open(owner),
      write: (operations, completed) => store.write(operations, completed),
      read: (range) => store.read(range),
      rememberPeer: (peer) => store.rememberPeer(peer),
      onFailure: (listener) => store.onFailure(listener),
      close: () => {
        watch.isStoreClosed = true;
        return store.close();
      },
    },
  };
}

/** Another member misses what the leader cuts off its log. */
export async function outpace(stage: WatchedCluster): Promise<void> {
  await missing(stage, stage.others[0].id, stage.leader);
}

/** The leader misses what its successor cuts off its log. */
export async function fallBehind(stage: WatchedCluster): Promise<void> {
  const { cluster, leader, others } = stage;
  cluster.isolate(leader.id);
  cluster.resetLinks(leader.id);
  const leads = ({ node }: VirtualMember): boolean => node.status().role === 'leader';
  await cluster.until('another leader', () => others.some(leads));
  await missing(stage, leader.id, others.find(leads) ?? others[0]);
}

/** Somebody is cut off while a leader goes on to a snapshot, and comes back. */
async function missing({ cluster }: WatchedCluster, id: string, led: VirtualMember): Promise<void> {
  cluster.isolate(id);
  cluster.resetLinks(id);
  for (let at = 0; at < 5; at += 1) {
    led.node.submit(new Uint8Array(1), { timeoutMs: 500 }, () => {});
    await cluster.pass(50);
  }
  led.node.snapshot({ timeoutMs: 60_000 }, () => {});
  await cluster.pass(300);
  cluster.mend(id);
  await cluster.pass(2_000);
}
