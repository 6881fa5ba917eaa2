/** Entries and tables as bytes: exact, and nothing else is taken for one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import { clientMadeId, parseSessionId, sessionIdText } from '../../src/core/session.ts';
import { decodeSessionEntry, encodeSessionCommand } from '../../src/sessions/session-entry.ts';
import {
  applyAll,
  clientId,
  command,
  entriesFrom,
  inChunks,
  operation,
  saltOf,
  stageOf,
  writtenSnapshot,
} from './session-stage.ts';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const counter = fc.integer({ min: 1, max: 2 ** 48 });

describe('an entry of a session', () => {
  it('[SE10] comes back as it was written', () => {
    const calls = fc.record({
      session: bytes(16).map(clientMadeId),
      sequence: counter,
      acknowledgedThrough: fc.constant(0),
      opening: fc.option(
        fc.record({ ttlMs: fc.integer({ min: 1_000, max: 86_400_000 }), notAfterMs: counter }),
      ),
    });
    fc.assert(
      fc.property(calls, fc.uint8Array({ maxLength: 40 }), (call, data) => {
        const entry = decodeSessionEntry(encodeSessionCommand(call, data));
        expect(entry).toEqual({ type: 'command', call, data });
      }),
    );
  });

  it('[SE10] is refused alike everywhere if its bytes are none, and does nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (data) => {
        if (data[0] !== undefined && data[0] > 1) data[0] = 1;
        if (decodeSessionEntry(data) !== null) return;
        const stage = stageOf();
        const entries = entriesFrom(1, [{ data, isOfSession: true, timeMs: 5 }]);
        expect(await applyAll(stage, entries)).toEqual(['RAFT_BAD_REQUEST']);
        expect(stage.echo.applied).toEqual([]);
      }),
    );
  });

  it('[SE10] of a version that nobody knows here stops the machine', () => {
    const data = encodeSessionCommand(
      { session: clientId(1), sequence: 1, acknowledgedThrough: 0, opening: null },
      new Uint8Array(3),
    );
    data[0] = 2;
    const [entry] = entriesFrom(1, [{ data, isOfSession: true, timeMs: 0 }]);
    if (entry === undefined) throw new Error('one entry');
    const apply = (): unknown => stageOf().machine.apply([entry], () => false);
    expect(apply).toThrowError('version 2');
  });

  it('[SE5] has an id with a text of its own, and no other text is one', () => {
    fc.assert(
      fc.property(bytes(16), (id) => {
        expect(parseSessionId(sessionIdText(id))).toEqual(id);
      }),
    );
    for (const text of ['', 'x'.repeat(32), '0'.repeat(31), '0'.repeat(33), 'A'.repeat(32)]) {
      expect(parseSessionId(text)).toBeNull();
    }
  });
});

describe('a table that is read', () => {
  async function someTable(): Promise<Buffer> {
    const stage = stageOf();
    const session = clientId(1);
    const opening = { ttlMs: 9_000, notAfterMs: 50_000 };
    await applyAll(
      stage,
      entriesFrom(1, [
        operation({ type: 'open', ttlMs: 5_000, salt: saltOf(3) }, 10),
        command('one', { session, sequence: 1, opening }, 20),
        command('three', { session, sequence: 3 }, 30),
      ]),
    );
    return writtenSnapshot(stage);
  }

  it('[SE11] is refused with any bit of it changed, and with any end of it cut off', async () => {
    const table = await someTable();
    for (let bit = 0; bit < table.length * 8; bit += 1) {
      const damaged = Buffer.from(table);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(stageOf().machine.restore(inChunks(damaged))).rejects.toThrowError(RaftError);
    }
    for (let length = 0; length < table.length; length += 1) {
      const cut = inChunks(table.subarray(0, length), length + 1);
      await expect(stageOf().machine.restore(cut)).rejects.toThrowError(RaftError);
    }
  });

  it('[SE11] [I2] a replica that begins with it answers a repeated command, and carries it out not again', async () => {
    const other = stageOf();
    await other.machine.restore(inChunks(await someTable()));
    const session = clientId(1);
    const again = entriesFrom(4, [command('one', { session, sequence: 1 }, 40)]);
    expect(await applyAll(other, again)).toEqual(['again one']);
    expect(other.echo.applied).toEqual([]);
  });
});

describe('bounds', () => {
  it('[SE8] with as many sessions as there may be, one past its time makes room, and otherwise nobody comes', async () => {
    const stage = stageOf({ sessionsMax: 2 });
    const open = (number: number, timeMs: number): ReturnType<typeof operation> =>
      operation({ type: 'open', ttlMs: 1_000, salt: saltOf(number) }, timeMs);
    const results = await applyAll(
      stage,
      entriesFrom(1, [open(1, 0), open(2, 500), open(3, 1_000), open(4, 1_001)]),
    );
    expect(results[2]).toBe('RAFT_OVERLOADED');
    expect(results[3]).toMatchObject({ ttlMs: 1_000 });
    expect(stage.machine.table.size).toBe(2);
  });

  it('[SE8] an answer that was let go is told from a command that never came', async () => {
    const stage = stageOf({ sessionAnswerBytesMax: 10 });
    const session = clientId(1);
    const opening = { ttlMs: 9_000, notAfterMs: 50_000 };
    const results = await applyAll(
      stage,
      entriesFrom(1, [
        command('123456', { session, sequence: 1, opening }),
        command('654321', { session, sequence: 2 }),
        command('too long to be kept', { session, sequence: 4 }),
        ...[1, 2, 3, 4].map((sequence) => command('again', { session, sequence })),
      ]),
    );
    expect(results.slice(3)).toEqual([
      'RAFT_ANSWER_GONE',
      'RAFT_ANSWER_GONE',
      'again',
      'RAFT_ANSWER_GONE',
    ]);
    expect(stage.echo.applied).toEqual([1, 2, 3, 6]);
  });
});
