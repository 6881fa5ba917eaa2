/** Pasts that cannot be: two leaders in one term, two entries in one place, two answers to one command. */
import { index, term } from '../../../../src/core/types.ts';
import type { CommittedCommand } from '../../../../src/ports/state-machine.ts';
import { History } from '../../../../src/testing/simulation/checks/history.ts';
import { type Example, N1, N2 } from './example.ts';

function past(
  property: string,
  text: string,
  happens: (history: History, isWrong: boolean) => void,
): Example {
  return { property, text, play: (isWrong, report) => happens(new History(report), isWrong) };
}

function command(text: string): CommittedCommand {
  const data = new TextEncoder().encode(text);
  return { index: index(1), term: term(1), timeMs: 0, data, wantsResult: true };
}

export const OF_HISTORY: readonly Example[] = [
  past('S01', 'a second node leads a term, long after the first', (history, isWrong) => {
    history.noteLeader(1, N1);
    history.noteLeader(2, N1);
    history.noteLeader(isWrong ? 1 : 3, N2);
  }),
  past('S03', 'one index and one term name two entries', (history, isWrong) => {
    history.noteEntry(N1, 4, { term: term(2), hash: 7, termBefore: 0 });
    history.noteEntry(N2, 4, { term: term(isWrong ? 2 : 3), hash: 8, termBefore: 0 });
    history.noteEntry(N2, 4, { term: term(2), hash: 7, termBefore: 0 });
  }),
  past('S18', 'the same commands come to another state', (history, isWrong) => {
    history.noteState(N1, 4, 'a');
    history.noteState(N2, 4, isWrong ? 'b' : 'a');
  }),
  past('S05', 'another command is applied at an index', (history, isWrong) => {
    history.noteApplied(N1, command('a'), 1);
    history.noteApplied(N2, command(isWrong ? 'b' : 'a'), 1);
  }),
  past('S06', 'another entry is committed where one was', (history, isWrong) => {
    history.noteCommitted(N1, 1, { term: 1, inTerm: 1 });
    history.noteCommitted(N2, 1, { term: isWrong ? 2 : 1, inTerm: 2 });
    history.noteCommitted(N2, 2, { term: 2, inTerm: 2 });
  }),
  past('S11', 'a disk holds two votes of one term, one after the other', (history, isWrong) => {
    history.noteVote(N1, 1, N1);
    history.noteVote(N2, 1, N2);
    history.noteVote(N1, 2, N2);
    history.noteVote(N1, 1, isWrong ? N2 : N1);
  }),
  past('S33', 'one command has two answers', (history, isWrong) => {
    history.noteApplied(N1, command('a'), { revision: 1, bytes: Uint8Array.of(1) });
    const answer = { revision: 1, bytes: Uint8Array.of(isWrong ? 2 : 1) };
    history.noteApplied(N2, command('a'), answer);
  }),
];
