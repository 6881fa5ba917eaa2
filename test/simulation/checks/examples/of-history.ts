/** Pasts that cannot be: two leaders in one term, two entries in one place, two answers to one command. */
import { index, term } from '../../../../src/core/types.ts';
import type { CommittedCommand } from '../../../../src/ports/state-machine.ts';
import { History } from '../../../../src/testing/simulation/checks/history.ts';
import { type Example, N1, N2 } from './example.ts';

const encoder = new TextEncoder();

function command(text: string): CommittedCommand {
  return {
    index: index(1),
    term: term(1),
    timeMs: 0,
    data: encoder.encode(text),
    wantsResult: true,
  };
}

export const OF_HISTORY: readonly Example[] = [
  {
    property: 'S01',
    text: 'a second node leads a term, long after the first',
    play: (isWrong, report) => {
      const history = new History(report);
      history.noteLeader(1, N1);
      history.noteLeader(2, N1);
      history.noteLeader(isWrong ? 1 : 3, N2);
    },
  },
  {
    property: 'S03',
    text: 'one index and one term name two entries',
    play: (isWrong, report) => {
      const history = new History(report);
      history.noteEntry(N1, 4, { term: term(2), hash: 7 });
      history.noteEntry(N2, 4, { term: term(isWrong ? 2 : 3), hash: 8 });
      history.noteEntry(N2, 4, { term: term(2), hash: 7 });
    },
  },
  {
    property: 'S05',
    text: 'another command is applied at an index',
    play: (isWrong, report) => {
      const history = new History(report);
      history.noteApplied(N1, command('a'), 1);
      history.noteApplied(N2, command(isWrong ? 'b' : 'a'), 1);
    },
  },
  {
    property: 'S06',
    text: 'another entry is committed where one was',
    play: (isWrong, report) => {
      const history = new History(report);
      history.noteCommitted(N1, 1, { term: 1, inTerm: 1 });
      history.noteCommitted(N2, 1, { term: isWrong ? 2 : 1, inTerm: 2 });
      history.noteCommitted(N2, 2, { term: 2, inTerm: 2 });
    },
  },
  {
    property: 'S11',
    text: 'a disk holds two votes of one term, one after the other',
    play: (isWrong, report) => {
      const history = new History(report);
      history.noteVote(N1, 1, N1);
      history.noteVote(N2, 1, N2);
      history.noteVote(N1, 2, N2);
      history.noteVote(N1, 1, isWrong ? N2 : N1);
    },
  },
  {
    property: 'S33',
    text: 'one command has two answers',
    play: (isWrong, report) => {
      const history = new History(report);
      history.noteApplied(N1, command('a'), { revision: 1, bytes: Uint8Array.of(1) });
      const answer = { revision: 1, bytes: Uint8Array.of(isWrong ? 2 : 1) };
      history.noteApplied(N2, command('a'), answer);
    },
  },
];
