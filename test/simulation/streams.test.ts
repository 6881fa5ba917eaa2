/** Virtual streams between clients and servers, what strangers send over them, and runs with both. */
import { describe, expect, it } from 'vitest';
import { decodeRequests } from '../../src/client-protocol/request-frame.ts';
import { decodeCommand } from '../../src/kv/commands/command-codec.ts';
import type { KvCommand } from '../../src/kv/commands/commands.ts';
import { planOf } from '../../src/testing/simulation/plan/plan.ts';
import { SimulatedProcess } from '../../src/testing/simulation/runtime/process.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { hostileFrames } from '../../src/testing/simulation/streams/hostile-bytes.ts';
import { Stream, type StreamEnd } from '../../src/testing/simulation/streams/stream.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { runSeed } from './runner/run-seed.ts';

interface Stage {
  readonly clock: VirtualClock;
  readonly stream: Stream;
  readonly client: SimulatedProcess;
  readonly server: SimulatedProcess;
  /** What each end heard, in order, and when. */
  readonly heard: { readonly client: string[]; readonly server: string[] };
}

/** An open stream: 10 ms each way, 1,000 bytes a second, 100 bytes under way or unread. */
function stage(): Stage {
  const clock = new VirtualClock();
  const client = new SimulatedProcess({ name: 'client', clock });
  const server = new SimulatedProcess({ name: 'server', clock });
  const quality = { latencyMs: 10, jitterMs: 0, bytesPerMs: 1, windowBytes: 100 };
  const stream = new Stream(
    { clock, random: new SeededRandom(1), quality, client, frameBytesMax: 1_000 },
    { sent: () => {}, heard: () => {} },
  );
  const heard = { client: listTo(stream.client, clock), server: listTo(stream.server, clock) };
  stream.accept(server);
  clock.advance(20);
  return { clock, stream, client, server, heard };
}

function listTo(end: StreamEnd, clock: VirtualClock): string[] {
  const heard: string[] = [];
  end.listen({
    onFrame: (bytes) => heard.push(`${clock.now()}: ${bytes.length} of ${bytes[0]}`),
    onPong: () => heard.push(`${clock.now()}: pong`),
    onBroken: (why) => heard.push(`broken: ${why}`),
    onClose: (why) => heard.push(`closed: ${why}`),
  });
  return heard;
}

const frame = (name: number, length = 10): Uint8Array => new Uint8Array(length).fill(name);

describe('a virtual stream', () => {
  it('[VC1] carries whole frames in order, as fast as the line is', () => {
    const { clock, stream, heard } = stage();
    for (const name of [1, 2, 3]) stream.client.send(frame(name));
    stream.client.ping();
    clock.advance(1_000);
    expect(heard.server).toEqual(['40: 10 of 1', '50: 10 of 2', '60: 10 of 3']);
    expect(heard.client).toEqual(['82: pong']);
  });

  it('[VC1] shows the sender what its reader leaves unread, and bears it when it reads again', () => {
    const { clock, stream, heard } = stage();
    let taken = 0;
    stream.server.pause();
    for (let name = 1; name <= 10; name += 1) {
      stream.client.send(frame(name, 40), () => {
        taken += 1;
      });
    }
    clock.advance(1_000);
    expect([heard.server, taken, stream.client.bufferedBytes]).toEqual([[], 2, 320]);
    stream.server.resume();
    clock.advance(1_000);
    expect(heard.server.map((text) => text.slice(-5))).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((name) => `of ${name}`.padStart(5)),
    );
    expect([taken, stream.client.bufferedBytes]).toEqual([10, 0]);
  });

  it('[VC1] stalls for as long as it is told, one way only', () => {
    const { clock, stream, heard } = stage();
    stream.stall('up', 500);
    stream.client.send(frame(1));
    stream.server.send(frame(2));
    clock.advance(400);
    expect([heard.server.length, heard.client.length]).toEqual([0, 1]);
    clock.advance(200);
    expect(heard.server).toEqual(['520: 10 of 1']);
  });

  it('[VC1] closes after what was sent, and tells both ends why', () => {
    const { clock, stream, heard } = stage();
    stream.server.send(frame(1));
    stream.server.close(1001, 'it is late');
    clock.advance(1_000);
    expect(heard.client).toEqual(['40: 10 of 1', 'closed: it is late']);
    expect(heard.server).toEqual(['closed: it was closed']);
    expect(stream.isOver).toBe(true);
  });

  it('[VC1] ends at once when one end is torn down, without what had not left', () => {
    const { clock, stream, heard } = stage();
    for (let name = 1; name <= 3; name += 1) stream.server.send(frame(name, 60));
    stream.server.terminate();
    clock.advance(1_000);
    expect(heard.client).toEqual(['90: 60 of 1', 'closed: it was closed']);
    expect(heard.server).toEqual(['closed: it was closed']);
  });

  it('[VC1] dies with its process, and is missed in silence when the host is gone too', () => {
    const killed = stage();
    killed.stream.server.die(true);
    killed.clock.advance(1_000);
    expect(killed.heard.client).toEqual(['closed: it was closed']);
    const lost = stage();
    lost.stream.server.die(false);
    lost.stream.client.send(frame(1));
    lost.clock.advance(60_000);
    expect([lost.heard.client, lost.stream.client.isOpen]).toEqual([[], true]);
  });

  it('[VC1] breaks at a frame that is too long, and hands out none of it', () => {
    const { clock, stream, heard } = stage();
    stream.client.send(frame(1, 1_001));
    stream.client.send(frame(2));
    clock.advance(5_000);
    expect(heard.server).toEqual(['broken: Max payload size exceeded', 'closed: it was closed']);
    expect(heard.client).toEqual(['closed: it was closed']);
  });

  it('[VC1] waits for a process that stands still, which may then stop reading', () => {
    const { clock, stream, server, heard } = stage();
    server.freeze();
    stream.client.send(frame(1));
    stream.client.send(frame(2));
    clock.advance(1_000);
    expect(heard.server).toEqual([]);
    server.thaw();
    clock.advance(1);
    expect(heard.server).toHaveLength(2);
  });
});

describe('hostile bytes', () => {
  it('[VC2] are of every kind, and touch none of the keys that honest clients use', () => {
    const random = new SeededRandom('hostile');
    const verdicts = new Map<string, number>();
    for (let attack = 0; attack < 4_000; attack += 1) {
      for (const bytes of hostileFrames(random)) {
        const requests = decodeRequests(bytes);
        const verdict = typeof requests === 'string' ? requests : 'sound';
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        if (typeof requests === 'string') continue;
        for (const request of requests) {
          if (request.type === 'submit') expect(keysOf(request.command)).toEqual(HARMLESS);
        }
      }
    }
    expect(verdicts.get('sound')).toBeGreaterThan(1_000);
    expect(verdicts.size).toBeGreaterThan(5);
  });
});

const HARMLESS = expect.stringMatching(/^(no command|put \u007f)/);

function keysOf(bytes: Uint8Array): string {
  const command = commandOf(bytes);
  if (command === null) return 'no command';
  return command.type === 'put'
    ? `put ${new TextDecoder().decode(command.key)}`
    : `a ${command.type}`;
}

function commandOf(bytes: Uint8Array): KvCommand | null {
  try {
    return decodeCommand(bytes);
  } catch {
    return null;
  }
}

/** Seeds with production clients, in the order of their numbers. */
function seedsWithStreams(count: number): readonly string[] {
  const seeds = Array.from({ length: 200 }, (_, at) => String(at + 1));
  return seeds.filter((seed) => isStreaming(seed)).slice(0, count);
}

function isStreaming(seed: string): boolean {
  const { streams, workload } = planOf(seed);
  return streams !== null && workload.machine === 'keyValue';
}

describe('runs with production clients', () => {
  it.each(seedsWithStreams(3))('[VC3] seed=%s holds every property', async (seed) => {
    const { violation } = await runSeed(seed);
    expect(violation).toBeNull();
  });

  it('[VC3] seed=7151: a long backlog of a watch is told before a timer comes', async () => {
    const { violation } = await runSeed('7151');
    expect(violation).toBeNull();
  });

  it('[VC3] are the same each time, traced or not', async () => {
    const [seed = ''] = seedsWithStreams(1);
    const first = await runSeed(seed);
    const second = await runSeed(seed, { isTraced: true });
    expect([second.hash, second.events]).toEqual([first.hash, first.events]);
    expect(second.lines.some(({ node }) => node?.startsWith('c2'))).toBe(true);
  });
});
