/** A leader's bookkeeping for one peer (§3.5, §10.2.2). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { index } from '../../src/core/types.ts';
import * as progress from '../../src/rules/progress.ts';
import { progressed, replicate } from '../machines/effects.ts';
import { replicationState as state } from '../machines/harness.ts';

it('[LR11] entries are sent while the window is open, and not asked for otherwise', () => {
  expect(progress.sendEntries(state({ nextIndex: index(2) }))).toEqual({
    changes: { commitIndexSent: 2 },
    effects: [replicate(1, 5)],
  });
  const message = { throughIndex: index(3), bytes: 1 };
  const full = state({ inflight: [message, message], inflightBytes: 2 });
  const text = 'LR11: entries are sent while the window is open';
  expect(() => progress.sendEntries(full)).toThrow(text);
  expect(() => progress.sendEntries(state({ nextIndex: index(6) }))).toThrow(text);
});

it('[LR11] both bounds close the window, and the first message always fits', () => {
  const inflight = (count: number, bytes: number) =>
    state({
      inflight: Array.from({ length: count }, () => ({ throughIndex: index(1), bytes })),
      inflightBytes: count * bytes,
    });
  expect(progress.hasWindow(inflight(0, 0))).toBe(true);
  expect(progress.hasWindow(inflight(1, 5))).toBe(true);
  expect(progress.hasWindow(inflight(1, 6))).toBe(false);
  expect(progress.hasWindow(inflight(2, 1))).toBe(false);
});

it('[LR5] an answer that changes nothing still proves contact and echoes its round', () => {
  expect(progress.reportContact(state({ matchIndex: index(2) }), 9)).toEqual({
    changes: {},
    effects: [progressed(2, 9)],
  });
});

it('[LR10] only an acceptance of what was probed for ends the probing', () => {
  const probing = state();
  expect([2, 3, 4, 5].map((at) => progress.answersProbe(probing, index(at)))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

/** The same bookkeeping as a plain list of what is under way. */
interface Naive {
  match: number;
  next: number;
  inflight: { through: number; bytes: number }[];
}

const command = fc.oneof(
  fc.record({
    kind: fc.constant('send' as const),
    count: fc.integer({ min: 1, max: 4 }),
    bytes: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('accept' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('resent' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

it('[LR11] [B12] however answers come, what is under way adds up, next stays above match, and all comes back to zero', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const lastIndex = index(1_000);
      let real = state({ lastIndex, nextIndex: index(1), matchIndex: index(0) });
      let naive: Naive = { match: 0, next: 1, inflight: [] };
      const take = (step: progress.ReplicationStep): void => {
        real = { ...real, ...step.changes };
      };
      const takeSent = (through: number, bytes: number): void => {
        const news = { type: 'entries.sent', throughIndex: index(through), bytes } as const;
        real = { ...real, ...progress.learn(real, news) };
      };
      for (const each of commands) {
        if (each.kind === 'send') {
          const through = naive.next + each.count - 1;
          naive = {
            ...naive,
            next: through + 1,
            inflight: [...naive.inflight, { through, bytes: each.bytes }],
          };
          takeSent(through, each.bytes);
        } else if (each.kind === 'accept') {
          const matchIndex = each.at % naive.next;
          const match = Math.max(naive.match, matchIndex);
          naive = {
            match,
            next: naive.next,
            inflight: naive.inflight.filter(({ through }) => through > match),
          };
          take(progress.recordAcceptance(real, { matchIndex: index(matchIndex), round: 0 }));
        } else if (each.kind === 'resent') {
          takeSent(each.at % naive.next, 1);
        } else {
          const { match, next } = naive;
          naive = { match, next: match === 0 ? next : match + 1, inflight: [] };
          take(progress.restart(real));
        }
        const inflight = naive.inflight.map(({ through, bytes }) => ({
          throughIndex: through,
          bytes,
        }));
        const inflightBytes = naive.inflight.reduce((sum, { bytes }) => sum + bytes, 0);
        expect(real).toMatchObject({
          matchIndex: naive.match,
          nextIndex: naive.next,
          inflight,
          inflightBytes,
        });
        expect(real.nextIndex).toBeGreaterThan(real.matchIndex);
      }
      take(progress.recordAcceptance(real, { matchIndex: index(naive.next - 1), round: 0 }));
      expect(real).toMatchObject({ inflight: [], inflightBytes: 0 });
    }),
    { numRuns: 1_000 },
  );
});
