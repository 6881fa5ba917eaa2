/** Persist, then speak: what waits for a write, and what is never said because the write never came to be. */
import { expect, it } from 'vitest';
import { foundingMembership } from '../../src/core/configuration.ts';
import type { Persist, Send } from '../../src/core/effect.ts';
import { ENTRY_KIND, type EntryRun, encodeRun } from '../../src/core/entry-run.ts';
import { HARD_STATE_ZERO } from '../../src/core/hard-state.ts';
import { ENTRY_ZERO, INDEX_ZERO, index, nodeId, term } from '../../src/core/types.ts';
import { Disk } from '../../src/node/deeds/disk.ts';
import { stopped } from '../../src/node/tree/endings.ts';
import type { LogOperation } from '../../src/ports/log-store.ts';

import { raftState } from '../machines/harness.ts';

const LEADER = nodeId('n1');

function runOf(ofTerm: number, at: number): EntryRun {
  const first = { term: term(ofTerm), firstIndex: index(at), timeMs: 0 };
  return encodeRun(first, [{ kind: ENTRY_KIND.noop, data: new Uint8Array(0) }]);
}

function appendAt(at: number, truncateFrom: number | null = null): Persist {
  return {
    type: 'persist',
    hardState: null,
    truncateFrom: truncateFrom === null ? null : index(truncateFrom),
    append: { source: 'received', firstIndex: index(at), lastIndex: index(at) },
  };
}

function acceptance(ofTerm: number, matchIndex: number): Send {
  const result = { accepted: true, matchIndex: index(matchIndex) } as const;
  const reply = { type: 'AppendEntriesReply', term: term(ofTerm), round: 0 } as const;
  return { type: 'send', to: LEADER, message: { ...reply, prevIndex: index(0), result } };
}

function candidacy(ofTerm: number, last: number): Send {
  const lastLog = { term: term(1), index: index(last) };
  return {
    type: 'send',
    to: LEADER,
    message: { type: 'RequestVote', term: term(ofTerm), lastLog, transfer: false },
  };
}

it('[PS5] [B9] what is overwritten in the batch that would have stored it is not vouched for', () => {
  const completions: (() => void)[] = [];
  const said: Send[] = [];
  const store = {
    write: (_: unknown, completed: (error: null) => void) => {
      completions.push(() => completed(null));
    },
  };
  const hardState = { term: term(3), votedFor: null };
  const recovered = { hardState, entry: ENTRY_ZERO, commitIndex: INDEX_ZERO };
  const disk = new Disk({
    store,
    recovered,
    now: () => 0,
    run: (input) => input(),
    send: (send) => said.push(send),
  });
  const complete = (): void => {
    completions.shift()?.();
    disk.releaseHeld();
  };
  disk.gather(appendAt(1), [runOf(1, 1)]);
  disk.sendWhenDurable(acceptance(1, 1));
  disk.flush(() => {});
  disk.gather(appendAt(2), [runOf(1, 2)]);
  disk.sendWhenDurable(acceptance(1, 2));
  disk.sendWhenDurable(candidacy(2, 1));
  disk.sendWhenDurable(candidacy(3, 2));
  disk.gather(appendAt(2, 2), [runOf(2, 2)]);
  disk.sendWhenDurable(acceptance(2, 2));
  complete();
  expect(said).toEqual([acceptance(1, 1)]);
  disk.flush(() => {});
  complete();
  expect(said).toEqual([acceptance(1, 1), candidacy(2, 1), acceptance(2, 2)]);
});

it('[PS1] what names a term that its own step has yet to write waits for that, also while nothing is being written', () => {
  const completions: (() => void)[] = [];
  const said: Send[] = [];
  const hardState = { term: term(2), votedFor: null };
  const disk = new Disk({
    store: { write: (_, completed) => completions.push(() => completed(null)) },
    recovered: { hardState, entry: ENTRY_ZERO, commitIndex: INDEX_ZERO },
    now: () => 0,
    run: (input) => input(),
    send: (send) => said.push(send),
  });
  const lastLog = ENTRY_ZERO;
  const preVote = { type: 'PreVote', term: term(3), lastLog, round: 1 } as const;
  const asking: Send = { type: 'send', to: LEADER, message: preVote };
  // A pre-vote names the term that it would raise, which is nobody's yet.
  for (const send of [candidacy(2, 0), candidacy(3, 0), asking]) disk.sendWhenDurable(send);
  expect(said).toEqual([candidacy(2, 0), asking]);
  disk.gather({ ...appendAt(1), hardState: { term: term(3), votedFor: LEADER }, append: null }, []);
  disk.flush(() => {});
  disk.releaseHeld();
  expect(said).toHaveLength(2);
  completions.shift()?.();
  disk.releaseHeld();
  expect(said).toEqual([candidacy(2, 0), asking, candidacy(3, 0)]);
});

it('[PS10] [IS2] what lies in a snapshot is vouched for once the log begins behind it on disk', () => {
  const completions: (() => void)[] = [];
  const said: Send[] = [];
  const disk = new Disk({
    store: { write: (_, completed) => completions.push(() => completed(null)) },
    recovered: { hardState: HARD_STATE_ZERO, entry: ENTRY_ZERO, commitIndex: INDEX_ZERO },
    now: () => 0,
    run: (input) => input(),
    send: (send) => said.push(send),
  });
  const proven = { ...acceptance(0, 3), isProven: true };
  const base = { term: term(1), index: index(3) };
  const membership = foundingMembership(raftState().configuration, INDEX_ZERO);
  disk.gatherBase({ type: 'moveBase', operation: 'restart', base, membership });
  disk.flush(() => {});
  disk.gather(appendAt(4), [runOf(1, 4)]);
  disk.sendWhenDurable(proven);
  expect(said).toEqual([]);
  completions.shift()?.();
  disk.flush(() => {});
  disk.sendWhenDurable(proven);
  expect(said).toEqual([proven]);
});

it('[ST19] what is committed rides along with the next write, and an orderly end writes what lags', () => {
  const written: (readonly LogOperation[])[] = [];
  const completions: (() => void)[] = [];
  const recovered = { hardState: HARD_STATE_ZERO, entry: ENTRY_ZERO, commitIndex: INDEX_ZERO };
  const disk = new Disk({
    store: {
      write: (operations, completed) => {
        written.push(operations);
        completions.push(() => completed(null));
      },
    },
    recovered,
    now: () => 0,
    run: (input) => input(),
    send: () => {},
  });
  const runs = [runOf(1, 1), runOf(1, 2), runOf(1, 3)] as const;
  const appended = (at: 0 | 1 | 2): LogOperation => ({ type: 'append', runs: [runs[at]] });
  const noted = (at: number): LogOperation => ({ type: 'noteCommitted', index: index(at) });
  const flush = (at: 0 | 1 | 2): void => {
    disk.gather(appendAt(at + 1), [runs[at]]);
    disk.flush(() => {});
    completions.shift()?.();
  };
  flush(0);
  disk.noteCommitted(index(1));
  flush(1);
  flush(2);
  disk.noteCommitted(index(3));
  disk.end(stopped());
  expect(written).toEqual([[appended(0)], [appended(1), noted(1)], [appended(2)], [noted(3)]]);
});
