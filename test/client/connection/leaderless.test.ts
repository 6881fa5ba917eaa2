/** A client of several servers, some of them cut off from the leader, on a clock that the test owns. */
import { describe, expect, it } from 'vitest';
import { clientSettings } from '../../../src/client/client-options.ts';
import type { ConnectOptions } from '../../../src/client/index.ts';
import { KvClient } from '../../../src/client/kv-client.ts';
import type { FrameSocket } from '../../../src/ports/frame-socket.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { clockOf, VirtualServer } from '../virtual-server.ts';

/** Takes every connection, and says nothing. */
function silent(): FrameSocket {
  const nothing = (): void => {};
  return {
    ...{ isOpen: true, bufferedBytes: 0, listen: nothing, send: nothing, ping: nothing },
    ...{ pause: nothing, resume: nothing, close: nothing, terminate: nothing },
  };
}

/** Whom each server takes for the leader; `undefined`: it says nothing. */
type Views = ReadonlyMap<string, string | null | undefined>;

/** A client of all of them, that speaks to the first. */
function sceneOf(views: Views) {
  const clock = new VirtualClock();
  const dials: string[] = [];
  const dial = (url: string): FrameSocket => {
    const name = new URL(url).hostname;
    dials.push(name);
    const leader = views.get(name);
    return leader === undefined ? silent() : new VirtualServer(clock, name).socket(leader);
  };
  const endpoints = [...views.keys()].map((name) => `http://${name}`);
  const client = new KvClient(clientSettings({ endpoints }), {
    ...{ dial, clock: clockOf(clock), random: { next: () => 0.5 } },
  });
  clock.advance(1);
  return { client, clock, dials };
}

describe('a client whose server knows no leader', () => {
  it('[CL45] asks all others, not only the next one, which is cut off with it', () => {
    const views = new Map([
      ...([
        ['n1', null],
        ['n2', null],
      ] as const),
      ...(['n3', 'n4', 'n5'] as const).map((name) => [name, 'n4'] as const),
    ]);
    const { client, clock } = sceneOf(views);
    expect(client.connectedTo).toBe('n1');
    clock.advance(500);
    expect(client.connectedTo).toBe('n4');
    client.close();
  });

  it('[CL45] goes past one that does not answer, though that takes longer than the next look', () => {
    const views: Views = new Map([
      ['n1', null],
      ['n2', undefined],
      ['n3', 'n3'],
    ] as const);
    const { client, clock, dials } = sceneOf(views);
    clock.advance(6_000);
    expect(dials).toEqual(['n1', 'n2', 'n3']);
    expect(client.connectedTo).toBe('n3');
    client.close();
  });

  it('[CL45] asks ever more seldom where nobody knows one, and none too late', () => {
    const views = new Map<string, string | null>([
      ['n1', null],
      ['n2', null],
      ['n3', null],
    ]);
    const { client, clock, dials } = sceneOf(views);
    clock.advance(300_000);
    expect(dials.length).toBeLessThan(70);
    views.set('n3', 'n3');
    clock.advance(16_000);
    expect(client.connectedTo).toBe('n3');
    client.close();
  });
});

/** Two servers, of which the first led until it was cut off, with what it was asked before. */
function overtaken(options: Partial<ConnectOptions>, ask: (client: KvClient) => void) {
  const clock = new VirtualClock();
  const [first, second] = [new VirtualServer(clock, 'n1'), new VirtualServer(clock, 'n2')];
  const dial = (url: string): FrameSocket =>
    url.includes('n1.test') ? first.socket('n1') : second.socket('n2');
  const endpoints = ['http://n1.test', 'http://n2.test'];
  const client = new KvClient(clientSettings({ endpoints, ...options }), {
    ...{ dial, clock: clockOf(clock), random: { next: () => 0.5 } },
  });
  clock.advance(1);
  ask(client);
  clock.advance(1);
  first.tellLeader(null);
  clock.advance(500);
  return { client, clock, first, second };
}

describe('what a server without a leader was asked before', () => {
  it('[CL45] is asked of the next one in the same session, however long the first may keep it', async () => {
    const puts: Promise<unknown>[] = [];
    const scene = overtaken({}, (client) => puts.push(client.put('a', 'x'), client.put('b', 'x')));
    const [asked, anew] = [scene.first, scene.second].map(({ frames }) =>
      frames
        .flat()
        .map((each) => (each.type === 'submit' ? [each.session, each.command] : each.type)),
    );
    expect(asked).toHaveLength(2);
    expect(anew).toEqual(asked);
    scene.second.answer(2);
    expect(await Promise.all(puts)).toMatchObject([{ revision: 7 }, { revision: 7 }]);
    scene.client.close();
  });

  it('[CL3] stays there if it is a write without a session, while reads are answered elsewhere', async () => {
    const asked: Promise<unknown>[] = [];
    const { client, clock, first, second } = overtaken({ sessions: false }, (each) => {
      asked.push(
        each.put('a', 'x'),
        each.get('a').catch(() => 'answered'),
      );
    });
    const typesAt = ({ frames }: VirtualServer) => frames.flat().map(({ type }) => type);
    expect([typesAt(first), typesAt(second)]).toEqual([['submit', 'read'], ['read']]);
    first.refuse(1, 'RAFT_NO_LEADER', 1);
    clock.advance(500);
    expect(typesAt(second)).toEqual(['read']);
    first.answer(1);
    expect(await asked[0]).toMatchObject({ revision: 7 });
    client.close();
    expect(await asked[1]).toBe('answered');
  });

  it('[CL3] [LE10] is asked of the next one if it renews leases, which is harmless twice', () => {
    const { client, first, second } = overtaken({ sessions: false }, (each) => {
      each.renewLease(5).catch(() => {});
    });
    const typesAt = ({ frames }: VirtualServer) => frames.flat().map(({ type }) => type);
    expect([typesAt(first), typesAt(second)]).toEqual([['submit'], ['submit']]);
    client.close();
  });
});
