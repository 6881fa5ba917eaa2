/** Who may hold how much, as pure arithmetic: any order of events keeps the bounds, and only the slow pay. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../../src/server/admission/account.ts';
import { type HeldBounds, HeldBytes } from '../../../src/server/admission/held-bytes.ts';

const BOUNDS: HeldBounds = {
  since: 'moved',
  bytesMax: 100_000,
  bytesMaxHard: 150_000,
  stallTicks: 2,
  timeoutTicks: 10,
};

interface Reader {
  readonly account: Account;
  isEnded: boolean;
}

function readerOf(held: HeldBytes, bytesMax = 1_000_000): Reader {
  const reader: Reader = {
    account: held.account(bytesMax, () => {
      reader.isEnded = true;
    }),
    isEnded: false,
  };
  return reader;
}

describe('what is held', () => {
  it('[SP5] is let in while there is room, in order, and waits when there is none', () => {
    const held = new HeldBytes(BOUNDS);
    const [slow, next] = [readerOf(held), readerOf(held)];
    const served: string[] = [];
    const ask = (reader: Reader, name: string, bytes: number): void =>
      reader.account.whenRoom(bytes, () => {
        served.push(name);
        reader.account.hold(bytes);
      });
    ask(slow, 'a', 90_000);
    ask(next, 'b', 50_000);
    ask(next, 'c', 20_000);
    ask(slow, 'small', 16_000);
    expect(served).toEqual(['a', 'small']);
    slow.account.release(90_000);
    expect(served).toEqual(['a', 'small', 'b', 'c']);
    expect(held.total).toBe(86_000);
  });

  it('[SP5] what is let in closes nobody, though it comes out a little larger than it was asked for', () => {
    const held = new HeldBytes(BOUNDS);
    const reader = readerOf(held);
    let served = 0;
    for (let at = 0; at < 100; at += 1) {
      reader.account.whenRoom(4_970, () => {
        served += 1;
        reader.account.hold(5_001);
      });
    }
    expect([reader.isEnded, served]).toEqual([false, 26]);
    for (let left = 100; left > 0; left -= 1) reader.account.release(5_001);
    expect([reader.isEnded, served, held.total]).toEqual([false, 100, 0]);
  });

  it('[SP5] what turns out larger keeps its turn until there is room for that, and is not asked in between', () => {
    const held = new HeldBytes(BOUNDS);
    const [slow, next] = [readerOf(held), readerOf(held)];
    const served: string[] = [];
    slow.account.hold(80_000);
    let looks = 0;
    next.account.whenItFits(30_000, (fits) => {
      looks += 1;
      if (!fits(60_000)) return 60_000;
      served.push('large');
      return null;
    });
    next.account.whenRoom(1, () => served.push('behind'));
    for (let at = 0; at < 3; at += 1) slow.account.release(10_000);
    expect({ served, looks }).toEqual({ served: [], looks: 1 });
    slow.account.release(10_000);
    expect({ served, looks }).toEqual({ served: ['large', 'behind'], looks: 2 });
  });

  it('[SP5] who is stopped lets nothing in, waits for nothing, and counts until it is released', () => {
    const held = new HeldBytes(BOUNDS);
    const { account } = readerOf(held);
    let isServed = false;
    const serve = (): void => {
      isServed = true;
    };
    account.hold(90_000);
    account.whenRoom(50_000, serve);
    account.stop();
    account.whenRoom(1, serve);
    expect(held.total).toBe(90_000);
    account.release(90_000);
    const { account: closed } = readerOf(held);
    closed.close();
    closed.whenRoom(1, serve);
    expect({ isServed, isWaiting: account.isWaiting, total: held.total }).toEqual({
      isServed: false,
      isWaiting: false,
      total: 0,
    });
  });

  it('[SP5] only who stands still is closed: soon if others wait for its room, at its time-out if not', () => {
    const held = new HeldBytes(BOUNDS);
    const [still, moving, waiting] = [readerOf(held), readerOf(held), readerOf(held)];
    still.account.hold(50_000);
    moving.account.hold(50_000);
    let isServed = false;
    for (let tick = 0; tick < 5; tick += 1) {
      held.tick();
      moving.account.release(1);
      moving.account.hold(1);
    }
    expect([still.isEnded, moving.isEnded]).toEqual([false, false]);
    waiting.account.whenRoom(20_000, () => {
      isServed = true;
    });
    held.tick();
    expect([still.isEnded, moving.isEnded, isServed]).toEqual([true, false, true]);
    for (let tick = 0; tick < 8; tick += 1) held.tick();
    expect(moving.isEnded).toBe(false);
    held.tick();
    expect(moving.isEnded).toBe(true);
    expect([held.total, held.closedCount]).toEqual([0, 2]);
  });

  it('[SP5] what cannot wait closes those that have stood still the longest', () => {
    const held = new HeldBytes(BOUNDS);
    const readers = Array.from({ length: 4 }, () => readerOf(held));
    for (const { account } of readers) account.hold(45_000);
    expect(readers.map(({ isEnded }) => isEnded)).toEqual([true, false, false, false]);
    expect(held.total).toBe(135_000);
  });

  it('[SP9] a request counts from its beginning, however many bytes it adds', () => {
    const held = new HeldBytes({ ...BOUNDS, since: 'begun' });
    const [trickle, honest] = [readerOf(held), readerOf(held)];
    trickle.account.hold(1);
    honest.account.hold(100_000);
    for (let at = 0; at < 9; at += 1) {
      held.tick();
      trickle.account.hold(1);
    }
    honest.account.hold(60_000);
    expect([trickle.isEnded, honest.isEnded]).toEqual([true, true]);
    const [again, next] = [readerOf(held), readerOf(held)];
    again.account.hold(100_000);
    again.account.release(100_000);
    next.account.hold(1);
    again.account.hold(150_000);
    expect([again.isEnded, next.isEnded]).toEqual([false, true]);
  });

  it('[SP5] whatever happens, the sum keeps its bound and is what the accounts hold', () => {
    const step = fc.record({
      who: fc.nat(4),
      what: fc.constantFrom('hold', 'ask', 'release', 'close', 'tick'),
      bytes: fc.integer({ min: 1, max: 60_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const held = new HeldBytes(BOUNDS);
        const readers = Array.from({ length: 5 }, () => readerOf(held, 70_000));
        for (const { who, what, bytes } of steps) {
          const { account } = readers[who] ?? readerOf(held);
          if (what === 'hold') account.hold(bytes);
          if (what === 'ask') account.whenRoom(bytes, () => account.hold(bytes));
          if (what === 'release') account.release(Math.min(bytes, account.bytes));
          if (what === 'close') account.close();
          if (what === 'tick') held.tick();
          expect(held.total).toBeLessThanOrEqual(BOUNDS.bytesMaxHard);
          expect(held.total).toBe(readers.reduce((sum, each) => sum + each.account.bytes, 0));
        }
        for (let tick = 0; tick <= BOUNDS.timeoutTicks; tick += 1) held.tick();
        for (let tick = 0; tick <= 40 * BOUNDS.timeoutTicks; tick += 1) held.tick();
        expect(held.total).toBe(0);
      }),
    );
  });
});
