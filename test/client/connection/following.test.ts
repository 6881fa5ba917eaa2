/** A client that learns where members are, on a clock that a test owns. */
import { describe, expect, it } from 'vitest';
import { clientSettings } from '../../../src/client/client-options.ts';
import { KvClient } from '../../../src/client/kv-client.ts';
import { MEMBERS_ASKED_MS } from '../../../src/client/limits.ts';
import {
  CLIENT_PROTOCOL_VERSION,
  type ClientReply,
} from '../../../src/client-protocol/frame-shapes.ts';
import { encodeReplies } from '../../../src/client-protocol/reply-frame.ts';
import { decodeRequests } from '../../../src/client-protocol/request-frame.ts';
import type { FrameSocket, FrameSocketListener } from '../../../src/ports/frame-socket.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { clockOf } from '../virtual-server.ts';

interface Place {
  readonly nodeId: string;
  readonly clusterId?: string;
  /** What it says of itself and of others. */
  status: object;
}

const ALL = {
  members: { voters: ['n1', 'n2'], learners: ['n3'] },
  clientUrls: { n1: 'http://a.test', n2: 'http://b.test', n3: 'http://c.test' },
};

/** Servers by host; who is in none of them is not reached. */
class Town {
  readonly clock = new VirtualClock();
  readonly places = new Map<string, Place>();
  readonly dials: string[] = [];
  questions = 0;
  readonly #listeners = new Map<string, FrameSocketListener>();

  constructor(hosts: Readonly<Record<string, string>> = { a: 'n1', b: 'n2', c: 'n3' }) {
    for (const [host, nodeId] of Object.entries(hosts)) {
      this.places.set(`${host}.test`, { nodeId, status: ALL });
    }
  }

  client(ports: object, endpoints: readonly string[] = ['http://a.test']): KvClient {
    const settings = clientSettings({ endpoints, sessions: false, dialRoundsMax: 3 });
    const random = { next: () => 0.5 };
    const dial = (url: string): FrameSocket => this.#dial(new URL(url).host);
    return new KvClient(settings, { clock: clockOf(this.clock), random, dial, ...ports });
  }

  /** The server is gone, and its connections with it. */
  end(host: string): void {
    this.places.delete(host);
    this.#listeners.get(host)?.onClose('it ended');
    this.pass(5);
  }

  pass(ms: number): void {
    for (let each = 0; each < ms; each += 1) this.clock.advance(1);
    this.clock.runDeferred();
  }

  #dial(host: string): FrameSocket {
    this.dials.push(host);
    const place = this.places.get(host);
    const nothing = (): void => {};
    return {
      isOpen: true,
      bufferedBytes: 0,
      listen: (listener) => {
        this.#listeners.set(host, listener);
        this.clock.setTimeout(() => {
          if (place === undefined) listener.onClose('nobody listens there');
          else this.#tell(listener, helloFrom(place));
        }, 1);
      },
      send: (frame) => this.#answer(host, frame),
      ping: () => this.#listeners.get(host)?.onPong(),
      ...{ pause: nothing, resume: nothing, close: nothing, terminate: nothing },
    };
  }

  #answer(host: string, frame: Uint8Array): void {
    const requests = decodeRequests(frame);
    const listener = this.#listeners.get(host);
    if (typeof requests === 'string' || listener === undefined) throw new Error('no request');
    for (const { id, type } of requests) {
      if (type !== 'status') continue;
      this.questions += 1;
      const status = JSON.stringify(this.places.get(host)?.status ?? {});
      this.clock.setTimeout(() => this.#tell(listener, { type, id, status }), 1);
    }
  }

  #tell(listener: FrameSocketListener, reply: ClientReply): void {
    listener.onFrame(encodeReplies([reply]));
    this.clock.runDeferred();
  }
}

function helloFrom({ clusterId = 'c1', nodeId }: Place): ClientReply {
  const protocolVersion = CLIENT_PROTOCOL_VERSION;
  return { type: 'hello', protocolVersion, nodeId, clusterId, leader: null };
}

const FOLLOWING = { isFollowing: true };

describe('a client that was given one of three', () => {
  it('[CG9] goes on at another when that one is gone, and asks the given one first each time', () => {
    const town = new Town();
    const client = town.client(FOLLOWING);
    town.pass(5);
    expect([client.connectedTo, town.dials]).toEqual(['n1', ['a.test']]);
    town.end('a.test');
    expect([client.connectedTo, town.dials]).toEqual(['n2', ['a.test', 'a.test', 'b.test']]);
    town.end('b.test');
    expect([client.connectedTo, town.dials.slice(3)]).toEqual([
      'n3',
      ['a.test', 'b.test', 'c.test'],
    ]);
    client.close();
  });

  it('[CG9] asks again now and then, and follows members that came after it', () => {
    const town = new Town();
    const place = town.places.get('a.test');
    if (place === undefined) throw new Error('a.test is there');
    place.status = {
      members: { voters: ['n1'], learners: [] },
      clientUrls: { n1: 'http://a.test' },
    };
    const client = town.client(FOLLOWING);
    town.pass(5);
    place.status = ALL;
    town.pass(MEMBERS_ASKED_MS);
    expect(town.questions).toBe(2);
    town.end('a.test');
    expect(client.connectedTo).toBe('n2');
    client.close();
    const { questions } = town;
    town.pass(2 * MEMBERS_ASKED_MS);
    expect(town.questions).toBe(questions);
  });

  it('[CG9] leaves whoever is of another cluster at an address that it has learned', () => {
    const town = new Town();
    town.places.set('b.test', { nodeId: 'n2', clusterId: 'c2', status: ALL });
    const client = town.client(FOLLOWING);
    town.pass(5);
    town.end('a.test');
    expect([client.connectedTo, town.dials.slice(1)]).toEqual([
      'n3',
      ['a.test', 'b.test', 'c.test'],
    ]);
    client.close();
  });

  it('[CG9] makes nothing of what is no status, or tells of no members', () => {
    for (const status of [
      {},
      [],
      { members: 7 },
      { ...ALL, clientUrls: undefined },
      { ...ALL, members: null },
    ]) {
      const town = new Town();
      town.places.set('a.test', { nodeId: 'n1', status });
      const client = town.client(FOLLOWING);
      town.pass(5);
      town.end('a.test');
      expect([client.connectedTo, new Set(town.dials)]).toEqual([null, new Set(['a.test'])]);
      client.close();
    }
  });

  it('[CG9] asks nobody, and knows nobody else, where its program wants that', () => {
    const town = new Town();
    const client = town.client({});
    town.pass(5);
    town.end('a.test');
    expect([client.connectedTo, town.questions, new Set(town.dials)]).toEqual([
      ...[null, 0],
      new Set(['a.test']),
    ]);
    client.close();
  });
});

describe('a client that asks DNS', () => {
  /** Promises of a look-up have to be settled between two steps of the clock. */
  async function passing(town: Town, ms: number): Promise<void> {
    for (let each = 0; each < ms; each += 1) {
      town.pass(1);
      for (let turn = 0; turn < 6; turn += 1) await null;
    }
  }

  it('[CG10] looks up anew whenever a server is to be found', async () => {
    const town = new Town();
    let records: readonly string[] = [];
    const lookUp = async (): Promise<readonly string[]> => records;
    const client = town.client({ lookUp }, ['http://x.test']);
    expect(client.connectedTo).toBeNull();
    records = ['http://a.test'];
    await passing(town, 50);
    expect(client.connectedTo).toBe('n1');
    records = ['http://c.test'];
    town.end('a.test');
    await passing(town, 50);
    expect([client.connectedTo, town.dials.at(-1)]).toEqual(['n3', 'c.test']);
    client.close();
  });

  it('[CG10] fails what waits after so many vain rounds, in words', async () => {
    const town = new Town();
    const lookUp = (): Promise<never> => Promise.reject(new Error('No member is found by DNS.'));
    const settings = { ...clientSettings({ endpoints: ['http://a.test'], dialRoundsMax: 2 }) };
    const client = new KvClient(
      { ...settings, endpoints: [] },
      {
        ...{ clock: clockOf(town.clock), random: { next: () => 0.5 }, lookUp },
        dial: () => {
          throw new Error('there is nobody to dial');
        },
      },
    );
    const read = expect(client.get('a')).rejects.toMatchObject({
      code: 'RAFT_UNREACHABLE',
      message: expect.stringContaining('No member is found by DNS.'),
    });
    await passing(town, 200);
    await read;
    client.close();
  });
});
