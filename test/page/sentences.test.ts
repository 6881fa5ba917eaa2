/** The story in words. */
import { expect, it } from 'vitest';
import type { NodeView } from '../../src/ports/inspection.ts';
import { Story } from '../../visualizations/page/session/story.ts';
import type { PageRecord } from '../../visualizations/page/stream/page-record.ts';
import { BEGIN, leaderView, message, presence, step, takeover, view } from './told.ts';

function toldOf(records: readonly PageRecord[]): readonly string[] {
  const story = new Story();
  for (const record of records) story.tell(record);
  return story.moments.map(({ sentence }) => sentence.text);
}

/** What the last record adds. */
function lastOf(...records: readonly PageRecord[]): string | undefined {
  return toldOf(records).at(-1);
}

const BEFORE = [leaderView('n1', 0), view('n2', 1), view('n3', 2)];

it('[LP2] tells an election from the kill of the leader to the first entry of the next', () => {
  expect(toldOf(takeover()).slice(3)).toEqual([
    'n1 was killed by you.',
    'n2 lost its connection to n1, its leader, and is suspicious.',
    'n3 lost its connection to n1, its leader, and is suspicious.',
    'n2 waited its turn among the survivors and asks for pre-votes.',
    'n3 would vote for n2.',
    'n2 has a majority of pre-votes (2 of 3 granted: n2, n3) and asks for votes in term 5.',
    'n3 grants n2 its vote in term 5.',
    'n2 leads in term 5 (2 of 3 granted: n2, n3).',
    'n2 has committed its first entry of term 5 and serves.',
    'Entry 8 is committed in term 5: 2 of 3 voters hold it.',
  ]);
});

it('[LP2] tells how long a follower heard nothing before it asks', () => {
  const heard = message('received', ['n1', 'n2'], 100);
  const doubts = step('n2', 400, {
    ...{ event: 'after electionTimeoutMinimum', from: 'follower.loyal', to: 'follower.doubtful' },
  });
  const asks = step('n2', 512, {
    ...{ event: 'after electionTimeoutRest', from: 'follower.doubtful', to: 'preCandidate' },
  });
  expect(toldOf([...BEFORE, heard, doubts, asks]).slice(3)).toEqual([
    'n2 heard nothing from n1 for 300 ms and doubts that it leads.',
    'n2 heard nothing from n1 for 412 ms and asks for pre-votes.',
  ]);
});

it('[LP2] tells why a leader leads no more, and whom a follower follows', () => {
  const down = { from: 'leader.service.serving', to: 'follower.leaderless' };
  const observed = step('n1', 9, { ...down, event: 'term.observed', changes: { term: [4, 6] } });
  expect(lastOf(...BEFORE, observed)).toBe('n1 leads no more: it has heard of term 6.');
  const alone = step('n1', 9, {
    ...{ ...down, event: 'after quorumCheckInterval' },
    guards: [['hearsQuorum', false, 'only n1 of 3 was heard']],
  });
  expect(lastOf(...BEFORE, alone)).toBe('n1 leads no more: only n1 of 3 was heard.');
  const follows = step('n3', 9, {
    ...{ event: 'entries.received', from: 'follower.leaderless', to: 'follower.loyal' },
    changes: { term: [4, 5], leaderId: [null, 'n2'] },
  });
  expect(lastOf(...BEFORE, follows)).toBe('n3 follows n2 in term 5.');
});

/** n2, n3 and so on, each equal so far. */
function peersAt(...matches: readonly number[]): NodeView['peers'] {
  return matches.map((match, at) => ({
    ...{ peer: `n${at + 2}`, link: 'open' as const, next: match + 1, match },
    state: 'replicate.caughtUp',
  }));
}

it('[LP2] tells what is committed and by how many it is held', () => {
  const peers = peersAt(8, 7);
  const one = leaderView('n1', 50, { commitIndex: 8, lastIndex: 8, peers });
  expect(lastOf(...BEFORE, one)).toBe('Entry 8 is committed in term 4: 2 of 3 voters hold it.');
  const more = leaderView('n1', 50, { commitIndex: 12, lastIndex: 12, peers: [] });
  expect(lastOf(...BEFORE, more)).toContain('Entries 8 to 12 are committed');
});

it('[LP15] of those who hold an entry counts whose votes count: no learner, and both halves of a change', () => {
  const told = (
    members: Partial<NodeView['members']>,
    matches: readonly number[],
    durableIndex = 8,
  ): string | undefined => {
    const counted = {
      ...{ voters: ['n1', 'n2', 'n3'], votersOutgoing: [], learners: [] },
      ...members,
    };
    const was = leaderView('n1', 20, { members: counted });
    const peers = peersAt(...matches);
    const more = { commitIndex: 8, lastIndex: 8, durableIndex, peers, members: counted };
    return lastOf(...BEFORE, was, leaderView('n1', 50, more));
  };
  const committed = 'Entry 8 is committed in term 4';
  expect(told({ learners: ['n4'] }, [8, 7, 7])).toBe(`${committed}: 2 of 3 voters hold it.`);
  expect(told({ learners: ['n4'] }, [8, 7, 8])).toBe(`${committed}: 2 of 3 voters hold it.`);
  expect(told({}, [8, 8], 7)).toBe(`${committed}: 2 of 3 voters hold it.`);
  const joint = { voters: ['n2', 'n3', 'n4'], votersOutgoing: ['n1', 'n2', 'n3'] };
  expect(told(joint, [8, 7, 8])).toBe(
    `${committed}: 2 of 3 voters and 2 of 3 former ones hold it.`,
  );
  const removed = { voters: ['n2', 'n3', 'n4'], votersOutgoing: [] };
  expect(told(removed, [8, 7, 8])).toBe(`${committed}: 2 of 3 voters hold it.`);
  // Decided by the voters before: those of now, who have only just been counted, do not say so yet.
  const larger = { voters: ['n1', 'n2', 'n3', 'n4', 'n5'], votersOutgoing: ['n1', 'n2', 'n3'] };
  expect(told(larger, [8, 7, 7, 7])).toBe(`${committed}.`);
});

it('[LP2] tells what is committed once a second, however often that is, and leaves nothing out', () => {
  const busy = Array.from({ length: 26 }, (_, at) =>
    leaderView('n1', 100 * (at + 1), {
      commitIndex: 8 + at,
      lastIndex: 40,
      peers: peersAt(40, 40),
    }),
  );
  expect(toldOf([...BEFORE, ...busy]).slice(3)).toEqual([
    'Entry 8 is committed in term 4: 3 of 3 voters hold it.',
    'Entries 9 to 18 are committed in term 4: 3 of 3 voters hold them.',
    'Entries 19 to 28 are committed in term 4: 3 of 3 voters hold them.',
  ]);
});

it('[LP2] tells faults by hand, new lives, and nothing twice', () => {
  const stopped = presence('n3', 9, 'stopped', 'was stopped');
  expect(toldOf([...BEFORE, stopped, stopped]).slice(3)).toEqual(['n3 was stopped by you.']);
  const again = view('n3', 90, { startedAt: BEGIN + 80, lastIndex: 7, term: 4 });
  expect(lastOf(...BEFORE, again)).toBe('n3 runs, with a log of 7 entries in term 4.');
  const halted = view('n3', 90, { lifecycle: 'halted', role: 'halted' });
  expect(lastOf(...BEFORE, halted)).toContain('n3 has halted');
});

it('[LP2] says nothing of what repeats itself', () => {
  const heartbeat = step('n2', 9, {
    ...{ event: 'entries.received', from: 'follower.loyal', to: 'follower.loyal' },
  });
  expect(toldOf([...BEFORE, heartbeat, message('sent', ['n1', 'n2'], 10)])).toHaveLength(3);
});

it('[LP2] tells that records are left out as their number grows, not each time', () => {
  const missed = (count: number): PageRecord => {
    return { type: 'missed', sequence: 1, at: BEGIN + 9, node: 'n2', count };
  };
  const told = toldOf([...BEFORE, ...Array.from({ length: 50 }, () => missed(300))]).slice(3);
  expect(told).toEqual([
    'n2 does more than can be shown: 1200 records are left out so far.',
    'n2 does more than can be shown: 10200 records are left out so far.',
  ]);
});
