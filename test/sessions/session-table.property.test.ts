/** The table of sessions against its model: thousands of random histories, cut at random. Random, with its seed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionBounds } from '../../src/sessions/limits.ts';
import { NaiveSessions, type Step } from './naive-sessions.ts';
import {
  applyAll,
  bytesOf,
  clientId,
  command,
  entriesFrom,
  type Given,
  inChunks,
  operation,
  plain,
  type SessionStage,
  saltOf,
  stageOf,
  writtenSnapshot,
} from './session-stage.ts';

const BOUNDS: SessionBounds = {
  sessionsMax: 4,
  windowSequences: 6,
  sessionAnswerBytesMax: 12,
  answerBytesMax: 30,
  commandsMax: 16,
};

/** What a random number means for the session that it falls on. */
const drawn = fc.record({
  kind: fc.constantFrom(
    'command',
    'command',
    'command',
    'command',
    'opening',
    'opening',
    'open',
    'renew',
    'close',
    'plain',
  ),
  slot: fc.integer({ min: 0, max: 5 }),
  sequence: fc.integer({ min: 1, max: 14 }),
  behind: fc.integer({ min: 0, max: 14 }),
  bytes: fc.integer({ min: 0, max: 14 }),
  ttlMs: fc.constantFrom(1_000, 5_000, 100_000),
  validMs: fc.constantFrom(-1, 0, 2_000, 50_000),
  passesMs: fc.constantFrom(0, 0, 0, 1, 900, 4_000, 70_000),
});

type Drawn = typeof drawn extends fc.Arbitrary<infer Value> ? Value : never;

interface Told {
  readonly given: Given;
  /** `null`: it is no affair of sessions. */
  readonly step: Step | null;
}

/** Sessions opened by an entry are named by where that stood; a slot falls on one of them, or on a client's own. */
function historyOf(all: readonly Drawn[]): readonly Told[] {
  const opened: Uint8Array[] = [];
  let timeMs = 1_000_000;
  return all.map((each, at) => {
    timeMs += each.passesMs;
    const session = each.slot < 3 ? clientId(each.slot) : (opened.at(each.slot - 6) ?? clientId(9));
    const name = Buffer.from(session).toString('hex');
    const { kind, ttlMs, sequence } = each;
    if (kind === 'plain') return { given: plain('plain', timeMs), step: null };
    if (kind === 'open') {
      const salt = saltOf(at % 250);
      const id = new Uint8Array(16);
      id.set(salt);
      id[8] = (at + 1) & 0xff;
      id[9] = (at + 1) >> 8;
      opened.push(id);
      const step = { type: 'open', name: Buffer.from(id).toString('hex'), ttlMs } as const;
      return { given: operation({ type: 'open', ttlMs, salt }, timeMs), step };
    }
    if (kind === 'renew' || kind === 'close') {
      return {
        given: operation({ type: kind, session }, timeMs),
        step: { type: kind, name, ttlMs },
      };
    }
    const isOpening = kind === 'opening' && each.slot < 3;
    const opening = isOpening ? { ttlMs, notAfterMs: timeMs + each.validMs } : null;
    const acknowledgedThrough = Math.max(0, sequence - 1 - each.behind);
    const parts = { session, sequence, acknowledgedThrough, opening };
    const answer = 'x'.repeat(each.bytes);
    return {
      given: command(answer, parts, timeMs),
      step: { type: 'command', name, sequence, acknowledgedThrough, opening, answer },
    };
  });
}

function shown(result: unknown, step: Step | null, stage: SessionStage, at: number): string {
  if (step === null) return 'plain';
  if (typeof result === 'object') return 'open';
  const text = String(result);
  const isFresh = step.type === 'command' && stage.echo.applied.includes(at);
  return isFresh ? 'fresh' : text;
}

describe('the table of sessions and its model', () => {
  it('[SE1] [SE2] [SE3] [SE4] [SE6] [SE7] [SE8] says of every entry what the model says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(drawn, { maxLength: 80 }), async (all) => {
        const history = historyOf(all);
        const stage = stageOf(BOUNDS);
        const model = new NaiveSessions(BOUNDS);
        const results = await applyAll(
          stage,
          entriesFrom(
            1,
            history.map(({ given }) => given),
          ),
        );
        for (const [at, { given, step }] of history.entries()) {
          const expected = step === null ? 'plain' : model.take(step, given.timeMs);
          expect(`${at} ${shown(results[at], step, stage, at + 1)}`).toBe(`${at} ${expected}`);
        }
        expect(stage.machine.table.size).toBe(model.sessions.length);
      }),
      { numRuns: 3_000 },
    );
  });

  it('[SE9] is the same to the last byte however the log is cut, and says the same', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    const inner = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawn, { maxLength: 60 }),
        cuts,
        inner,
        async (all, sizes, cutsAfter) => {
          const entries = entriesFrom(
            1,
            historyOf(all).map(({ given }) => given),
          );
          const whole = stageOf(BOUNDS);
          const cut = stageOf(BOUNDS);
          cut.echo.cutsAfter = cutsAfter;
          expect(await applyAll(cut, entries, sizes)).toEqual(await applyAll(whole, entries));
          expect(cut.echo.applied).toEqual(whole.echo.applied);
          expect(await writtenSnapshot(cut)).toEqual(await writtenSnapshot(whole));
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('[SE11] a table that was written and read goes on as if nothing had happened', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawn, { maxLength: 60 }),
        fc.nat(60),
        fc.integer({ min: 1, max: 300 }),
        async (all, cutAt, chunkBytes) => {
          const entries = entriesFrom(
            1,
            historyOf(all).map(({ given }) => given),
          );
          const one = stageOf(BOUNDS);
          await applyAll(one, entries.slice(0, cutAt));
          const expected = await writtenSnapshot(one);
          const later = one.machine.snapshot();
          const other = stageOf(BOUNDS);
          const results = await applyAll(one, entries.slice(cutAt));
          const written = await bytesOf(later ?? fail());
          expect(written).toEqual(expected);
          await other.machine.restore(inChunks(written, chunkBytes));
          expect(await writtenSnapshot(other)).toEqual(expected);
          expect(await applyAll(other, entries.slice(cutAt))).toEqual(results);
          expect(await writtenSnapshot(other)).toEqual(await writtenSnapshot(one));
        },
      ),
      { numRuns: 800 },
    );
  });
});

function fail(): never {
  throw new Error('it takes snapshots');
}
