/** More than a server carries out, from one client and from many, on a clock that a test owns: what it carries out in time. */
import { expect, it } from 'vitest';
import { clientSettings } from '../../../src/client/client-options.ts';
import { KvClient } from '../../../src/client/kv-client.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { clockOf, VirtualServer } from '../virtual-server.ts';

/** What all servers do in a millisecond, in tenths: they stand for the connections of one. To look at a request is a tenth as well. */
const TENTHS = 10;
const LOOKS_MAX = 8;
const CARRY_OUT = 4;
/** Which leaves room for so many a millisecond. */
const CARRIED_OUT = 2;
const TIMEOUT_MS = 2_000;
const FOR_MS = 10_000;
const STALL_EVERY_MS = 1_500;

interface Overloaded {
  readonly clock: VirtualClock;
  readonly servers: readonly VirtualServer[];
  readonly clients: readonly KvClient[];
}

function overloaded(count: number): Overloaded {
  const clock = new VirtualClock();
  const servers = Array.from({ length: count }, () => new VirtualServer(clock));
  const settings = clientSettings({ endpoints: ['http://n1.test'], timeoutMs: TIMEOUT_MS });
  const ports = { clock: clockOf(clock), random: { next: () => 0.5 } };
  const clients = servers.map(
    (server) => new KvClient(settings, { ...ports, dial: () => server.socket('n1') }),
  );
  clock.advance(1);
  return { clock, servers, clients };
}

interface UnderWay {
  readonly server: VirtualServer;
  readonly atMs: number;
}

/**
 * One millisecond. As a leader does (SP11), it refuses what it looks at while the oldest has waited for more than a quarter of its
 * time; how long something has waited in a socket it does not know. What has come is looked at before anything is carried out.
 */
class BusyServer {
  readonly #scene: Overloaded;
  /** Taken and not carried out, oldest first. */
  #underWay: UnderWay[] = [];
  /** How many of these each has. */
  readonly #taken = new Map<VirtualServer, number>();
  #next = 0;
  /** Tenths of a millisecond that were not enough to carry anything out. */
  #left = 0;

  constructor(scene: Overloaded) {
    this.#scene = scene;
  }

  pass(): void {
    const { clock, servers } = this.#scene;
    const unseen = servers.map((server) => server.openCount - this.#takenOf(server));
    let looks = 0;
    for (let idle = 0; looks < LOOKS_MAX && idle < servers.length; this.#next += 1) {
      const at = this.#next % servers.length;
      const [server, left = 0] = [servers[at], unseen[at]];
      idle = left === 0 ? idle + 1 : 0;
      if (server === undefined || left === 0) continue;
      unseen[at] = left - 1;
      looks += 1;
      this.#look(server, clock.now());
    }
    this.#left = Math.min(this.#left, CARRY_OUT) + TENTHS - looks;
    const done = this.#underWay.splice(0, Math.floor(this.#left / CARRY_OUT));
    this.#left -= done.length * CARRY_OUT;
    for (const { server } of done) {
      this.#taken.set(server, this.#takenOf(server) - 1);
      server.answer(1);
    }
  }

  #look(server: VirtualServer, now: number): void {
    const oldestMs = this.#underWay[0]?.atMs ?? now;
    const taken = this.#takenOf(server);
    if (now - oldestMs > TIMEOUT_MS / 4) return server.refuse(1, 'RAFT_OVERLOADED', taken);
    this.#underWay.push({ server, atMs: now });
    this.#taken.set(server, taken + 1);
  }

  #takenOf(server: VirtualServer): number {
    return this.#taken.get(server) ?? 0;
  }
}

it.each([
  { clients: 1, times: 4, stallMs: 0 },
  { clients: 1, times: 10, stallMs: 0 },
  { clients: 1, times: 4, stallMs: 300 },
  { clients: 20, times: 4, stallMs: 0 },
  { clients: 20, times: 10, stallMs: 0 },
  { clients: 20, times: 4, stallMs: 300 },
])(
  '[CL37] [L17] of $times times the load that it can bear, from $clients, a server that stands still for $stallMs ms of 1,500 carries out in time four fifths of what it can',
  async ({ clients: count, stallMs, times }) => {
    const scene = overloaded(count);
    const server = new BusyServer(scene);
    let [made, done, passedMs] = [0, 0, 0];
    for (let at = 0; at < FOR_MS; at += 1) {
      for (let each = 0; each < CARRIED_OUT * times; each += 1) {
        const client = scene.clients[made % count];
        client?.put('k', 'x').then(
          () => (done += 1),
          () => {},
        );
        made += 1;
      }
      scene.clock.advance(1);
      if (at % STALL_EVERY_MS >= stallMs) {
        passedMs += 1;
        server.pass();
      }
      await null;
    }
    expect(done).toBeGreaterThan(0.8 * CARRIED_OUT * passedMs);
  },
);
