/** A leader's bookkeeping for one peer (§3.5, §10.2.2). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ReplicationState } from '../../src/core/replication-state.ts';
import { index, term } from '../../src/core/types.ts';
import * as progress from '../../src/rules/progress.ts';
import { LIMITS, logOf, N2 } from '../machines/harness.ts';

function state(changes: Partial<ReplicationState> = {}): ReplicationState {
  const start = progress.startProgress({
    peer: N2,
    term: term(3),
    log: logOf([1, 1, 2, 3]),
    nextIndex: index(4),
    commitIndex: index(2),
    limits: LIMITS,
  });
  return { ...start, ...changes };
}

const replicate = (prevIndex: number, throughIndex: number) => ({
  type: 'replicate',
  to: N2,
  term: 3,
  prevIndex,
  throughIndex,
  bytesMax: LIMITS.messageBytesMax,
  commitIndex: 2,
  round: 0,
});

const progressed = (matchIndex: number, round: number) => ({
  type: 'progressed',
  peer: N2,
  term: 3,
  matchIndex,
  round,
});

it('[LR10] a new leader knows nothing of a peer and probes at the end of its log', () => {
  expect(state()).toEqual({
    peer: 'n2',
    term: 3,
    nextIndex: 4,
    commitIndex: 2,
    limits: LIMITS,
    matchIndex: 0,
    lastIndex: 4,
    commitIndexSent: 0,
    awaitedIndex: 0,
    round: 0,
    inflight: [],
    inflightBytes: 0,
  });
  expect(progress.probe(state())).toEqual({
    changes: { inflight: [], inflightBytes: 0, commitIndexSent: 2 },
    effects: [replicate(3, 4)],
  });
});

it('[LR5] [B14] a heartbeat starts from the entry known to match, so that it is never refused for what is under way', () => {
  expect(progress.heartbeat(state({ matchIndex: index(2) }))).toEqual({
    changes: { commitIndexSent: 2 },
    effects: [replicate(2, 2)],
  });
});

it('[LR11] entries are sent while the window is open, and not asked for otherwise', () => {
  expect(progress.sendEntries(state({ nextIndex: index(2) }))).toEqual({
    changes: { commitIndexSent: 2 },
    effects: [replicate(1, 4)],
  });
  const message = { throughIndex: index(3), bytes: 1 };
  const full = state({ inflight: [message, message], inflightBytes: 2 });
  const text = 'LR11: entries are sent while the window is open';
  expect(() => progress.sendEntries(full)).toThrow(text);
  expect(() => progress.sendEntries(state({ nextIndex: index(5) }))).toThrow(text);
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

it('[LR11] what was sent is under way until it is answered', () => {
  const sent = { throughIndex: index(4), bytes: 3 };
  expect(progress.learn(state(), { type: 'entries.sent', ...sent })).toEqual({
    nextIndex: 5,
    inflight: [sent],
    inflightBytes: 3,
  });
  const stale = { throughIndex: index(3), bytes: 3 };
  expect(progress.learn(state(), { type: 'entries.sent', ...stale })).toEqual({});
});

it('[LR4] an acceptance raises what matches, frees what it covers and is reported with its round', () => {
  const inflight = [2, 3, 4].map((through) => ({ throughIndex: index(through), bytes: through }));
  const sending = state({ matchIndex: index(1), nextIndex: index(5), inflight, inflightBytes: 9 });
  expect(progress.recordAcceptance(sending, { matchIndex: index(3), round: 6 })).toEqual({
    changes: { matchIndex: 3, nextIndex: 5, inflight: [inflight[2]], inflightBytes: 4 },
    effects: [progressed(3, 6)],
  });
});

it('[LR4] [B7] an old acceptance takes nothing back, but still proves contact', () => {
  const caughtUp = state({ matchIndex: index(4), nextIndex: index(5) });
  expect(progress.recordAcceptance(caughtUp, { matchIndex: index(2), round: 1 })).toEqual({
    changes: { matchIndex: 4, nextIndex: 5, inflight: [], inflightBytes: 0 },
    effects: [progressed(4, 1)],
  });
});

it('[LR4] a peer that claims more than its leader has is not believed', () => {
  const claim = { matchIndex: index(5), round: 0 };
  expect(() => progress.recordAcceptance(state(), claim)).toThrow(
    'LR4: a peer holds no more than its leader sent',
  );
});

it('[LR5] [B8] a refusal counts only if it answers what is still open', () => {
  const sending = state({ matchIndex: index(1), nextIndex: index(4) });
  const open = (prevIndex: number, isProbing: boolean) =>
    progress.isOpenRejection(sending, { prevIndex: index(prevIndex) }, isProbing);
  expect([0, 1, 2, 3, 4].map((prev) => open(prev, true))).toEqual([
    false,
    false,
    false,
    true,
    false,
  ]);
  expect([0, 1, 2, 3, 4].map((prev) => open(prev, false))).toEqual([
    false,
    false,
    true,
    true,
    false,
  ]);
});

it('[LR7] after a refusal next is behind the newest entry on which both logs may agree', () => {
  const log = logOf([1, 1, 1, 4, 4, 5, 5, 6, 6, 6]);
  const backtrack = (hintTerm: number, hintIndex: number, matchIndex = 0) =>
    progress.backtrack(
      state({ nextIndex: index(11), matchIndex: index(matchIndex), inflightBytes: 4 }),
      {
        round: 2,
        rejection: {
          accepted: false,
          lastIndex: index(9),
          hint: { term: term(hintTerm), index: index(hintIndex) },
        },
        log,
      },
    );
  expect(backtrack(4, 9)).toEqual({
    changes: { nextIndex: 6, inflight: [], inflightBytes: 0 },
    effects: [progressed(0, 2)],
  });
  expect(backtrack(3, 9).changes.nextIndex).toBe(4);
  expect(backtrack(6, 8).changes.nextIndex).toBe(9);
  expect(backtrack(0, 0).changes.nextIndex).toBe(1);
  expect(backtrack(0, 0, 5).changes.nextIndex).toBe(6);
});

it('[LR5] an answer that changes nothing still proves contact and echoes its round', () => {
  expect(progress.reportContact(state({ matchIndex: index(2) }), 9)).toEqual({
    changes: {},
    effects: [progressed(2, 9)],
  });
});

it('[LR10] only an acceptance of what was probed for ends the probing', () => {
  const probing = state({ nextIndex: index(4) });
  expect([1, 2, 3, 4].map((at) => progress.answersProbe(probing, index(at)))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

it('[LR12] after a break everything starts again behind what is known to match', () => {
  const message = { throughIndex: index(4), bytes: 3 };
  const broken = state({
    matchIndex: index(1),
    nextIndex: index(5),
    inflight: [message],
    inflightBytes: 3,
  });
  const changes = { nextIndex: 2, inflight: [], inflightBytes: 0 };
  expect(progress.restart(broken)).toEqual({ changes, effects: [] });
  expect(progress.reportStall(broken)).toEqual({
    changes,
    effects: [{ type: 'peerStalled', peer: N2, matchIndex: 1 }],
  });
});

it('[CM3] a peer that was told less than is committed is owed a word', () => {
  expect(progress.owesCommit(state({ commitIndexSent: index(1) }))).toBe(true);
  expect(progress.owesCommit(state({ commitIndexSent: index(2) }))).toBe(false);
});

it('[LR13] a peer whose callers wait for what is committed is owed it at once', () => {
  const urgent = (awaited: number, sent: number) =>
    progress.owesUrgently(state({ awaitedIndex: index(awaited), commitIndexSent: index(sent) }));
  expect(urgent(0, 0)).toBe(false);
  expect(urgent(2, 1)).toBe(true);
  expect(urgent(3, 1)).toBe(true);
  expect(urgent(3, 2)).toBe(false);
  expect(urgent(1, 1)).toBe(false);
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
          naive = { match: naive.match, next: naive.match + 1, inflight: [] };
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
