/** What a client holds back, on a clock that a test owns. */
import { describe, expect, it } from 'vitest';
import { clientSettings } from '../../../src/client/client-options.ts';
import { KvClient } from '../../../src/client/kv-client.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { facts, rejection } from '../stage.ts';
import { clockOf, VirtualServer, virtualScene } from '../virtual-server.ts';

const WINDOW = 2_048;
const AT_FIRST = 128;
/** After a refusal. */
const HOLD_MS = 100;
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

/** Its window is open: it has had many answers, all of them soon. Of them the server remembers nothing. */
function openScene(): Scene {
  const scene = virtualScene({ sessions: false });
  open(scene);
  return scene;
}

function open(scene: Pick<Scene, 'client' | 'clock' | 'server'>): void {
  puts(scene, WINDOW);
  while (scene.server.openCount > 0) scene.server.answer(WINDOW);
  scene.server.frames.length = 0;
}

/** As many were asked before. */
const idAt = (place: number): number => WINDOW + place;

describe('what may be sent and unanswered', () => {
  it('[CL37] is 128 requests of a new connection, and doubles with each window of answers, up to 2,048', () => {
    const scene = virtualScene();
    const sizes = Array.from({ length: 6 }, () => {
      puts(scene, 4_000);
      const size = underWay(scene);
      scene.server.answer(size);
      return size;
    });
    expect(sizes).toEqual([AT_FIRST, 256, 512, 1_024, WINDOW, WINDOW]);
  });

  it('[CL37] [CL1] is 2,048 requests of one connection: they leave at once, in one frame, and the rest in order', () => {
    const scene = openScene();
    const { server } = scene;
    puts(scene, 3_000);
    expect(server.frames.map(({ length }) => length)).toEqual([WINDOW]);
    server.answer(500);
    server.answer(WINDOW);
    expect(server.frames.map(({ length }) => length)).toEqual([WINDOW, 500, 452]);
    expect(server.ids).toEqual(Array.from({ length: 3_000 }, (_, at) => idAt(at + 1)));
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
    const scene = openScene();
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
    const scene = openScene();
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
    expect(server.ids.slice(-2)).toEqual([idAt(WINDOW), idAt(WINDOW + 2)]);
    return Promise.all([
      expect(first.then(facts)).resolves.toEqual(['RAFT_ABORTED', 'outcomeUnknown']),
      expect(second.then(facts)).resolves.toEqual(['RAFT_ABORTED', 'safe']),
    ]);
  });
});

describe('what waits for room', () => {
  it('[CL37] [CL5] is never sent once its time is up, and may be repeated', async () => {
    const scene = openScene();
    const { clock, server } = scene;
    puts(scene, WINDOW, 60_000);
    const failures = puts(scene, 2, 1_000);
    clock.advance(1_020);
    await null;
    expect(failures).toEqual(['RAFT_TIMED_OUT,safe', 'RAFT_TIMED_OUT,safe']);
    server.answer(WINDOW);
    expect(server.ids).toHaveLength(WINDOW);
  });

  it('[CL37] is not sent either when half of its time went by there', () => {
    const scene = openScene();
    const { clock, server } = scene;
    puts(scene, WINDOW, 60_000);
    puts(scene, 2, 1_000);
    clock.advance(499);
    server.answer(1);
    clock.advance(1);
    server.answer(1);
    expect(server.ids.slice(WINDOW)).toEqual([idAt(WINDOW + 1)]);
  });

  it('[CL37] has newcomers refused at once when its first has waited for more than a quarter of their time', async () => {
    const scene = openScene();
    const { clock, server } = scene;
    puts(scene, WINDOW + 1);
    clock.advance(251);
    const refused = puts(scene, 1, 1_000);
    await null;
    expect(refused).toEqual(['RAFT_OVERLOADED,safe']);
    expect(puts(scene, 1, 1_100)).toEqual([]);
    server.answer(2);
    expect(server.ids.slice(WINDOW)).toEqual([idAt(WINDOW + 1), idAt(WINDOW + 2)]);
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
    puts({ client, clock, server: first }, AT_FIRST + 10);
    clock.advance(1);
    puts({ client, clock, server: second }, 1);
    expect(first.ids).toHaveLength(AT_FIRST);
    expect(second.ids).toEqual(Array.from({ length: 11 }, (_, at) => AT_FIRST + at + 1));
  });
});

describe('a server that is behind', () => {
  /** Keeps more waiting than may be sent, without an end. */
  function flooded(): Scene {
    const scene = openScene();
    puts(scene, 40_000, 60_000);
    return scene;
  }

  it.each(['RAFT_OVERLOADED', 'RAFT_TIMED_OUT'] as const)(
    '[CL37] halves what may be sent by %s, once for all that was under way',
    (code) => {
      const scene = flooded();
      const { clock, server } = scene;
      server.refuse(600, code);
      // What is told of those that were sent before says nothing new.
      clock.advance(HOLD_MS);
      expect(underWay(scene)).toBe(WINDOW - 600);
      server.refuse(WINDOW - 600, code);
      clock.advance(HOLD_MS);
      expect(underWay(scene)).toBe(WINDOW / 2);
      server.refuse(1, code);
      clock.advance(HOLD_MS);
      expect(underWay(scene)).toBe(WINDOW / 2 - 1);
    },
  );

  it('[CL37] halves it by what it has not answered in time', () => {
    const scene = openScene();
    puts(scene, WINDOW, 1_000);
    puts(scene, 4_000, 60_000);
    scene.clock.advance(1_020 + HOLD_MS);
    expect(underWay(scene)).toBe(WINDOW + WINDOW / 2);
  });

  it('[CL37] is still sent 16 at a time, and with each window of answers about 14 more, up to 2,048', () => {
    const scene = flooded();
    const { clock, server } = scene;
    for (let round = 0; round < 20; round += 1) {
      server.refuse(underWay(scene), 'RAFT_OVERLOADED');
      clock.advance(HOLD_MS);
    }
    expect(underWay(scene)).toBe(16);
    const sizes = Array.from({ length: 4 }, () => {
      server.answer(underWay(scene));
      return underWay(scene);
    });
    expect(sizes).toEqual([27, 40, 54, 68]);
    for (let [round, full] = [0, 0]; round < 200 && full < 5; round += 1) {
      const size = underWay(scene);
      if (size === WINDOW) full += 1;
      server.answer(size);
      server.frames.length = 0;
      puts(scene, size, 60_000);
    }
    expect(underWay(scene)).toBe(WINDOW);
  });

  it('[CL37] is one that took more than an eighth of the time that a caller has, which halves it as well', () => {
    const scene = openScene();
    const { clock, server } = scene;
    puts(scene, 10_000, 8_000);
    clock.advance(1_000);
    server.answer(1);
    expect(underWay(scene)).toBe(WINDOW);
    clock.advance(1);
    server.answer(1);
    // Neither of them counts any more; what was sent before is slow as well, and says nothing new.
    expect(underWay(scene)).toBe(WINDOW - 1);
    server.answer(WINDOW - 1);
    expect(underWay(scene)).toBe(WINDOW / 2);
  });

  it('[CL37] is left alone for 100 ms after a refusal: what is made meanwhile waits, and what is urgent does not', () => {
    const scene = openScene();
    const { client, clock, server } = scene;
    puts(scene, 10);
    server.refuse(1, 'RAFT_OVERLOADED');
    puts(scene, 5);
    client.status().catch(() => {});
    clock.advance(HOLD_MS - 1);
    expect(server.frames.map(({ length }) => length)).toEqual([10, 1]);
    clock.advance(1);
    expect(server.frames.map(({ length }) => length)).toEqual([10, 1, 5]);
  });

  it('[CL37] is left alone for a twentieth of the time of a caller with little patience', () => {
    const scene = openScene();
    const { clock, server } = scene;
    puts(scene, 1, 40);
    puts(scene, 1);
    server.refuse(1, 'RAFT_OVERLOADED');
    puts(scene, 5);
    clock.advance(1);
    expect(underWay(scene)).toBe(1);
    clock.advance(1);
    expect(underWay(scene)).toBe(6);
  });

  it('[CL37] is sent 256 at a time however slow it is, as long as it refuses nothing', () => {
    const scene = openScene();
    const { clock, server } = scene;
    puts(scene, 6_000, 8_000);
    for (let round = 0; round < 7; round += 1) {
      clock.advance(1_001);
      server.answer(underWay(scene));
      puts(scene, 1_000, 8_000);
    }
    expect(underWay(scene)).toBe(256);
    server.refuse(256, 'RAFT_OVERLOADED');
    clock.advance(HOLD_MS);
    expect(underWay(scene)).toBe(128);
  });

  it('[CL37] begins slowly no more, once it was behind', () => {
    const scene = virtualScene({ sessions: false });
    const { clock, server } = scene;
    puts(scene, 40_000, 60_000);
    server.refuse(AT_FIRST, 'RAFT_OVERLOADED');
    clock.advance(HOLD_MS);
    expect(underWay(scene)).toBe(AT_FIRST / 2);
    server.answer(AT_FIRST / 2);
    // Not twice as many: by 16, less what it has grown meanwhile.
    expect(underWay(scene)).toBe(AT_FIRST / 2 + 14);
  });

  it('[CL37] is not one whose fastest answer takes half of that: it is far away, or its disks are slow', () => {
    const scene = virtualScene({ sessions: false });
    const { clock, server } = scene;
    for (let size = AT_FIRST; size < WINDOW; size *= 2) {
      puts(scene, size, 1_000);
      clock.advance(100);
      server.answer(size);
    }
    puts(scene, 2 * WINDOW, 1_000);
    clock.advance(200);
    server.answer(1);
    expect(underWay(scene)).toBe(WINDOW);
    clock.advance(1);
    server.answer(1);
    expect(underWay(scene)).toBe(WINDOW - 1);
  });

  it('[CL37] is not one whose answers waited for a process that did something else', () => {
    const clock = new VirtualClock();
    const server = new VirtualServer(clock);
    let busyMs = 0;
    const client = new KvClient(clientSettings({ endpoints: ['http://n1.test'] }), {
      dial: () => server.socket('n1'),
      clock: { ...clockOf(clock), now: () => clock.now() + busyMs },
      random: { next: () => 0.5 },
    });
    clock.advance(1);
    const scene = { client, clock, server };
    open(scene);
    puts(scene, 10_000, 8_000);
    clock.advance(950);
    // From here on no timer fires in time, nor is anything read, until one look comes late, and another is due.
    busyMs += 1_000;
    clock.advance(10);
    server.answer(10);
    expect(underWay(scene)).toBe(WINDOW);
    busyMs += 1_000;
    server.answer(10);
    expect(underWay(scene)).toBe(WINDOW);
    clock.advance(20);
    server.answer(1);
    expect(underWay(scene)).toBe(WINDOW - 1);
  });

  it('[CL37] [RD5] is not one that has a read wait for what is not written yet', () => {
    const scene = openScene();
    const { client, clock, server } = scene;
    for (let at = 0; at < 3_000; at += 1) client.get('a').catch(() => {});
    clock.runDeferred();
    server.refuse(WINDOW, 'RAFT_TIMED_OUT');
    expect(underWay(scene)).toBe(3_000 - WINDOW);
  });
});
