/** `GET /inspect` over real sockets: a reader that takes nothing for a while, beside one that takes everything. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { InspectionRecord } from '../../src/ports/inspection.ts';
import { INSPECT_QUEUE_BYTES_MAX } from '../../src/server/limits.ts';
import { eventually } from '../server/eventually.ts';
import { readSse } from '../server/http/sse.ts';
import { type LocalServer, served } from '../server/local-server.ts';
import { stranger } from '../server/stranger.ts';

const GET_INSPECT = 'GET /inspect HTTP/1.1\r\nHost: localhost\r\n\r\n';
const RECORDS = 32;
const FIELD = 'x'.repeat(4_096);
const ROUND_BYTES = RECORDS * FIELD.length;
/** More than systems keep for both ends of a connection. */
const ROUNDS_MAX = 400;
/** In which nothing more of it is kept: 16 MiB. */
const FULL_ROUNDS = 128;

function long(sequence: number): InspectionRecord {
  const stamp = { sequence, at: 1_000 + sequence, node: 'n1' };
  const where = { actor: 'raft', chart: 'raft', arrow: 'raft/leader--x--0', from: 'leader' };
  return {
    type: 'transition',
    ...stamp,
    ...where,
    event: FIELD,
    to: 'leader',
    guards: [],
    changes: {},
  };
}

interface Block {
  readonly sequence: number;
  /** Of those that it stands for. */
  readonly count: number;
  readonly isMissed: boolean;
}

/** What was told over a bare socket, without how HTTP cuts it up. */
function blocksIn(heard: string): readonly Block[] {
  const body = heard.slice(heard.indexOf('\r\n\r\n') + 2).replaceAll(/\r\n[0-9a-f]+\r\n/g, '');
  const whole = body.slice(0, body.lastIndexOf('\n\n') + 2);
  return [...whole.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => {
    const record: InspectionRecord = JSON.parse(data);
    const isMissed = record.type === 'missed';
    return { sequence: record.sequence, count: isMissed ? record.count : 1, isMissed };
  });
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Of bytes that something still holds. */
function heldBytes(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

class Telling {
  readonly #server: LocalServer;
  sequence = 0;

  constructor(server: LocalServer) {
    this.#server = server;
  }

  round(): void {
    for (let count = 0; count < RECORDS; count += 1) {
      this.sequence += 1;
      const record = long(this.sequence);
      for (const observer of this.#server.replica.observers.keys()) observer(record);
    }
  }
}

it('[SV33] a paused socket costs a bounded queue, holds up nobody, and is told what it lost', async () => {
  const server = await served({ inspection: { peers: new Map() } });
  const { observers } = server.replica;
  const { outgoing } = server.context.held;
  const paused = await stranger(server.port, GET_INSPECT, { readsNothing: true });
  const reading = readSse(await fetch(`${server.url}/inspect`));
  await eventually(() => observers.size).toBe(2);
  const telling = new Telling(server);
  const before = heldBytes();
  let fullRounds = 0;
  for (let round = 0; round < ROUNDS_MAX && fullRounds < FULL_ROUNDS; round += 1) {
    telling.round();
    while (Number((await reading.nextData()).id?.split('-')[1]) < telling.sequence);
    await turn();
    fullRounds = outgoing.total >= INSPECT_QUEUE_BYTES_MAX ? fullRounds + 1 : 0;
    // What waits for it, what its socket was handed last, and what waits for the other.
    expect(outgoing.total).toBeLessThan(2 * INSPECT_QUEUE_BYTES_MAX + 2 * ROUND_BYTES);
  }
  expect(fullRounds).toBe(FULL_ROUNDS);
  // What is collected is given back by another thread, a moment later.
  await eventually(() => heldBytes() - before).toBeLessThan((FULL_ROUNDS * ROUND_BYTES) / 2);

  paused.socket.resume();
  await eventually(() => {
    telling.round();
    return blocksIn(paused.heard()).some(({ isMissed }) => isMissed);
  }).toBe(true);
  const blocks = blocksIn(paused.heard());
  for (const [at, { sequence, count }] of blocks.entries()) {
    expect(sequence).toBe((blocks[at - 1]?.sequence ?? 0) + count);
  }
  const missed = blocks.find(({ isMissed }) => isMissed);
  expect(missed?.count).toBeGreaterThan((FULL_ROUNDS - 1) * RECORDS);
  paused.socket.destroy();
  await reading.cancel();
  await eventually(() => observers.size).toBe(0);
  await eventually(() => outgoing.total).toBe(0);
});
