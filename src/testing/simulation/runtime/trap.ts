/**
 * Makes the code of a node throw, once, at a place named beforehand: at an effect that it is about to perform, or in
 * a call to one of its ports, before or after the call took effect. From then on the node may ask nothing of its ports
 * any more (FS1, FS2); whatever it asks is noted.
 */
import type { Effect } from '../../../core/effect.ts';
import type { RaftNodeOptions } from '../../../node/raft-node.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { LogStore } from '../../../ports/log-store.ts';
import type { StateMachine } from '../../../ports/state-machine.ts';
import type { PeerConnection, Transport } from '../../../ports/transport.ts';
import { resultCodecOf } from './result-codec.ts';

export type ThrowPlace =
  | Effect['type']
  | 'store.write'
  | 'store.read'
  | 'store.rememberPeer'
  | 'transport.send'
  | 'transport.dial'
  | 'machine.apply'
  | 'clock.setTimeout';

/** Every effect and every call; a new one that stands not here does not compile. */
const PLACES: Readonly<Record<ThrowPlace, true>> = {
  persist: true,
  moveBase: true,
  send: true,
  commit: true,
  roleChanged: true,
  roundConfirmed: true,
  established: true,
  transferStarted: true,
  transferRefused: true,
  transferFailed: true,
  leadExpected: true,
  configurationChanged: true,
  proposeConfiguration: true,
  yieldLead: true,
  changeEnded: true,
  replicate: true,
  progressed: true,
  peerStalled: true,
  flushLog: true,
  logDurable: true,
  diskStalled: true,
  diskRecovered: true,
  apply: true,
  captureSnapshot: true,
  storeSnapshot: true,
  compactLog: true,
  offerSnapshot: true,
  pullSnapshot: true,
  endPull: true,
  installSnapshot: true,
  restore: true,
  snapshotEnded: true,
  askRound: true,
  askLeader: true,
  readsConfirmed: true,
  readsTakenBack: true,
  readsReadable: true,
  forward: true,
  dial: true,
  hangUp: true,
  checkAlive: true,
  linkOpened: true,
  linkClosed: true,
  linkEnded: true,
  judgeHello: true,
  introduce: true,
  admitCall: true,
  closeCall: true,
  callEnded: true,
  halted: true,
  handOver: true,
  drain: true,
  'store.write': true,
  'store.read': true,
  'store.rememberPeer': true,
  'transport.send': true,
  'transport.dial': true,
  'machine.apply': true,
  'clock.setTimeout': true,
};

/** Only where members change. */
export const MEMBERSHIP_PLACES: readonly ThrowPlace[] = [
  'configurationChanged',
  'proposeConfiguration',
  'yieldLead',
  'changeEnded',
  'linkEnded',
];

export const THROW_PLACES = /* @__PURE__ */ Object.keys(PLACES) as readonly ThrowPlace[];

/** Places that a node comes to once in a life, or only when something else goes wrong. */
export const SELDOM_PASSED: readonly ThrowPlace[] = [
  'halted',
  'drain',
  'peerStalled',
  'diskStalled',
  'diskRecovered',
  'established',
  'hangUp',
  'readsTakenBack',
  'readsReadable',
  'closeCall',
  'store.read',
  'store.rememberPeer',
];

/** A call, which can throw before it takes effect and after. */
export function isPort(place: ThrowPlace): boolean {
  return place.includes('.');
}

/** Where it will throw; `isAfter`: once the call has taken effect. */
export interface Planted {
  readonly place: ThrowPlace;
  readonly isAfter: boolean;
}

interface TrapOptions {
  /** What waits for the code to come by; may be shared by the traps of several lives. */
  readonly planted?: Set<Planted>;
  readonly sprung?: (place: ThrowPlace) => void;
  /** A port was called although the code had thrown before. */
  readonly late?: (place: ThrowPlace) => void;
}

export class Trap {
  readonly #options: TrapOptions;
  readonly #planted: Set<Planted>;
  #sprungAt: ThrowPlace | null = null;

  constructor(options: TrapOptions = {}) {
    this.#options = options;
    this.#planted = options.planted ?? new Set();
  }

  /** Where the code has thrown; `null`: it has not yet. */
  get sprungAt(): ThrowPlace | null {
    return this.#sprungAt;
  }

  /** The next time that the code comes there it throws; `isAfter`: once the call has taken effect. */
  arm(place: ThrowPlace, isAfter = false): void {
    this.#planted.add({ place, isAfter });
  }

  /** The code comes to this place. */
  pass(place: ThrowPlace, isAfter = false): void {
    if (this.#planted.size === 0) return;
    const found = [...this.#planted].find(
      (planted) => planted.place === place && planted.isAfter === isAfter,
    );
    if (found === undefined) return;
    this.#planted.delete(found);
    this.#sprungAt ??= place;
    this.#options.sprung?.(place);
    throw new Error(`a planted bug at ${place}`);
  }

  around<Result>(place: ThrowPlace, call: () => Result): Result {
    // A timer that a chart sets on the way out fires, if at all, into a loop that has ended.
    if (this.#sprungAt !== null && place !== 'clock.setTimeout') this.#options.late?.(place);
    this.pass(place);
    const result = call();
    try {
      this.pass(place, true);
    } catch (error) {
      abandon(result);
      throw error;
    }
    return result;
  }
}

/** Nobody was given this promise, so nobody can hear how it ends. */
function abandon(result: unknown): void {
  if (result instanceof Promise) result.catch(() => {});
}

/** The same node, with a trap at every effect and every port. */
export function trapped(options: RaftNodeOptions, trap: Trap): RaftNodeOptions {
  const { clock, machine, store, transport, instruments } = options;
  return {
    ...options,
    clock: trappedClock(clock, trap),
    machine: trappedMachine(machine, trap),
    store: trappedStore(store, trap),
    transport: trappedTransport(transport, trap),
    instruments: { ...instruments, performing: (effect) => trap.pass(effect) },
  };
}

function trappedClock(clock: Clock, trap: Trap): Clock {
  return {
    now: () => clock.now(),
    wallTimeMs: () => clock.wallTimeMs(),
    setTimeout: (callback, delayMs) =>
      trap.around('clock.setTimeout', () => clock.setTimeout(callback, delayMs)),
    clearTimeout: (timer) => clock.clearTimeout(timer),
    defer: (callback) => clock.defer(callback),
    yield: (callback) => clock.yield(callback),
  };
}

function trappedMachine(machine: StateMachine, trap: Trap): StateMachine {
  return {
    apply: (batch, isTimeUp) => trap.around('machine.apply', () => machine.apply(batch, isTimeUp)),
    ...resultCodecOf(machine),
    snapshot: () => machine.snapshot?.() ?? null,
    ...(machine.restore !== undefined && {
      restore: (chunks) => machine.restore?.(chunks) ?? Promise.resolve(),
    }),
  };
}

function trappedStore(store: LogStore, trap: Trap): LogStore {
  return {
    snapshots: store.snapshots,
    open: (owner) => store.open(owner),
    write: (operations, completed) =>
      trap.around('store.write', () => store.write(operations, completed)),
    read: (range) => trap.around('store.read', () => store.read(range)),
    rememberPeer: (peer) => trap.around('store.rememberPeer', () => store.rememberPeer(peer)),
    onFailure: (listener) => store.onFailure(listener),
    close: () => store.close(),
  };
}

function trappedTransport(transport: Transport, trap: Trap): Transport {
  const held = (connection: PeerConnection): PeerConnection => ({
    sendHello: (hello) => connection.sendHello(hello),
    send: (message, runs) => trap.around('transport.send', () => connection.send(message, runs)),
    hold: () => connection.hold(),
    release: () => connection.release(),
    bufferedBytes: () => connection.bufferedBytes(),
    close: (kind, text) => connection.close(kind, text),
  });
  return {
    listen: (accept) => transport.listen((connection) => accept(held(connection))),
    dial: (address, listener) =>
      trap.around('transport.dial', () => held(transport.dial(address, listener))),
    close: () => transport.close(),
  };
}
