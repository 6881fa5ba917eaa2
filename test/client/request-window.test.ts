/** What a client holds back, on a clock that a test owns. */
import { describe, expect, it } from 'vitest';
import { clientSettings } from '../../src/client/client-options.ts';
import { KvClient } from '../../src/client/kv-client.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { facts, rejection } from './stage.ts';
import { clockOf, VirtualServer, virtualScene } from './virtual-server.ts';

const WINDOW = 2_048;
const MIB = 1024 * 1024;

type Scene = ReturnType<typeof virtualScene>;

/** So many puts, made in one tick; how each fails that does. */
function puts({ client, clock }: Scene, count: number, timeoutMs = 5_000): string[] {
  const failures: string[] = [];
  for (let at = 0; at < count; at += 1) {
    client.put(`k${at}`, 'x', { timeoutMs }).catch((error) => failures.push(facts(error).join()));
  }
  clock.runDeferred();
  return failures;
}

const underWay = ({ server }: Scene): number => server.openCount;

describe('what may be sent and unanswered', () => {
  it('[CL37] [CL1] is 2,048 requests of one connection: they leave at once, in one frame, and the rest in order', () => {
    const scene = virtualScene();
    const { server } = scene;
    puts(scene, 3_000);
    expect(server.frames.map(({ length }) => length)).toEqual([WINDOW]);
    server.answer(500);
    server.answer(WINDOW);
    expect(server.frames.map(({ length }) => length)).toEqual([WINDOW, 500, 452]);
    expect(server.ids).toEqual(Array.from({ length: 3_000 }, (_, at) => at + 1));
  });

  it('[CL37] is 16 MiB of commands, and the one that exceeds them', () => {
    const scene = virtualScene();
    const { client, clock, server } = scene;
    for (let at = 0; at < 40; at += 1) client.put('k', new Uint8Array(MIB)).catch(() => {});
    clock.runDeferred();
    expect(underWay(scene)).toBe(16);
    server.answer(4);
    expect(underWay(scene)).toBe(16);
  });

  it('[CL37] does not count what only asks for the status, or for a watch, nor hold it back', () => {
    const scene = virtualScene();
    const { client, clock, server } = scene;
    puts(scene, WINDOW + 1);
    client.watch({ prefix: '' });
    client.status().catch(() => {});
    clock.runDeferred();
    expect(server.frames.slice(1).map((frame) => frame.map(({ type }) => type))).toEqual([
      ['watch', 'status'],
    ]);
  });

  it('[CL37] [CL4] room that an aborted request leaves is another’s, and one that was aborted unsent is never sent', () => {
    const scene = virtualScene();
    const { client, clock, server } = scene;
    const sent = new AbortController();
    const unsent = new AbortController();
    const first = rejection(client.put('a', 'x', { signal: sent.signal }));
    puts(scene, WINDOW - 1);
    const second = rejection(client.put('b', 'x', { signal: unsent.signal }));
    puts(scene, 1);
    unsent.abort();
    sent.abort();
    clock.runDeferred();
    expect(server.ids.slice(-2)).toEqual([WINDOW, WINDOW + 2]);
    return Promise.all([
      expect(first.then(facts)).resolves.toEqual(['RAFT_ABORTED', 'outcomeUnknown']),
      expect(second.then(facts)).resolves.toEqual(['RAFT_ABORTED', 'safe']),
    ]);
  });
});

describe('what waits for room', () => {
  it('[CL37] [CL5] is never sent once its time is up, and may be repeated', async () => {
    const scene = virtualScene();
    const { clock, server } = scene;
    puts(scene, WINDOW, 60_000);
    const failures = puts(scene, 2, 1_000);
    clock.advance(1_020);
    await null;
    expect(failures).toEqual(['RAFT_TIMED_OUT,safe', 'RAFT_TIMED_OUT,safe']);
    server.answer(WINDOW);
    expect(server.ids).toHaveLength(WINDOW);
  });

  it('[CL37] is not sent either when most of its time went by there', () => {
    const scene = virtualScene();
    const { clock, server } = scene;
    puts(scene, WINDOW, 60_000);
    puts(scene, 2, 1_000);
    clock.advance(749);
    server.answer(1);
    clock.advance(1);
    server.answer(1);
    expect(server.ids.slice(WINDOW)).toEqual([WINDOW + 1]);
  });

  it('[CL37] has newcomers refused at once when its first has waited for more than a quarter of their time', async () => {
    const scene = virtualScene();
    const { clock, server } = scene;
    puts(scene, WINDOW + 1);
    clock.advance(251);
    const refused = puts(scene, 1, 1_000);
    await null;
    expect(refused).toEqual(['RAFT_OVERLOADED,safe']);
    expect(puts(scene, 1, 1_100)).toEqual([]);
    server.answer(2);
    expect(server.ids.slice(WINDOW)).toEqual([WINDOW + 1, WINDOW + 2]);
    expect(puts(scene, 1, 10)).toEqual([]);
  });

  it('[CL37] [CL6] goes to the leader with those that come later, once it is found', () => {
    const clock = new VirtualClock();
    const [first, second] = [new VirtualServer(clock, 'n1'), new VirtualServer(clock, 'n2')];
    const client = new KvClient(
      clientSettings({ endpoints: ['http://n1.test', 'http://n2.test'] }),
      {
        dial: (url) => (url.includes('n1') ? first : second).socket('n2'),
        clock: clockOf(clock),
        random: { next: () => 0.5 },
      },
    );
    clock.advance(1);
    puts({ client, clock, server: first }, WINDOW + 10);
    clock.advance(1);
    puts({ client, clock, server: second }, 1);
    expect(first.ids).toHaveLength(WINDOW);
    expect(second.ids).toEqual(Array.from({ length: 11 }, (_, at) => WINDOW + at + 1));
  });
});

describe('a server that is behind', () => {
  /** Keeps more waiting than may be sent, without an end. */
  function flooded(): Scene {
    const scene = virtualScene({ sessions: false });
    puts(scene, 40_000, 60_000);
    return scene;
  }

  it.each(['RAFT_OVERLOADED', 'RAFT_TIMED_OUT'] as const)(
    '[CL37] halves what may be sent by %s, once for all that was under way',
    (code) => {
      const scene = flooded();
      const { server } = scene;
      server.refuse(600, code);
      // What is told of those that were sent before says nothing new.
      expect(underWay(scene)).toBe(WINDOW - 600);
      server.refuse(WINDOW - 600, code);
      expect(underWay(scene)).toBe(WINDOW / 2);
      server.refuse(1, code);
      expect(underWay(scene)).toBe(WINDOW / 2 - 1);
    },
  );

  it('[CL37] halves it by what it has not answered in time', () => {
    const scene = virtualScene({ sessions: false });
    puts(scene, WINDOW, 1_000);
    puts(scene, 4_000, 60_000);
    scene.clock.advance(1_020);
    expect(underWay(scene)).toBe(WINDOW + WINDOW / 2);
  });

  it('[CL37] is still sent 16 at a time, and with each window of answers about 14 more, up to 2,048', () => {
    const scene = flooded();
    const { server } = scene;
    for (let round = 0; round < 20; round += 1) server.refuse(underWay(scene), 'RAFT_OVERLOADED');
    expect(underWay(scene)).toBe(16);
    const sizes = Array.from({ length: 4 }, () => {
      server.answer(underWay(scene));
      return underWay(scene);
    });
    expect(sizes).toEqual([27, 40, 54, 68]);
    for (let round = 0; round < 200; round += 1) {
      server.answer(underWay(scene));
      puts(scene, 2_000, 60_000);
    }
    expect(underWay(scene)).toBe(WINDOW);
  });

  it('[CL37] [RD5] is not one that has a read wait for what is not written yet', () => {
    const scene = virtualScene();
    const { client, clock, server } = scene;
    for (let at = 0; at < 3_000; at += 1) client.get('a').catch(() => {});
    clock.runDeferred();
    server.refuse(WINDOW, 'RAFT_TIMED_OUT');
    expect(underWay(scene)).toBe(3_000 - WINDOW);
  });
});
