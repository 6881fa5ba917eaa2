/** That plays mean something: what is wrong in a text is said, what has changed fails, and what is unsafe fails. */
import { describe, expect, it } from 'vitest';
import type { LogOperation } from '../../src/ports/log-store.ts';
import { perform } from './play.ts';

/** n1 is elected and commits a command; the answer it gives is part of the text. */
const PLAY = `# A short one.

> cluster 3
> elect n1
> quietly propose n1 x=1
> quietly settle
> show
`;

const ONE_VOTE = `> cluster 3
> quietly timeout n1 n2
> quietly deliver
> quietly deliver
> quietly deliver
> quietly deliver
`;

function withoutVote(operation: LogOperation): LogOperation {
  if (operation.type !== 'setHardState') return operation;
  return { ...operation, hardState: { ...operation.hardState, votedFor: null } };
}

describe('a text that cannot be performed', () => {
  it.each([
    ['> dance n1', 'line 2, "> dance n1": there is no command "dance"'],
    ['> timeout n4', 'line 2, "> timeout n4": there is no member n4'],
    ['> deliver', 'line 2, "> deliver": there is no such message'],
    ['> deliver Nonsense', 'line 2, "> deliver Nonsense": "Nonsense" selects no messages'],
    ['> wait long', 'line 2, "> wait long": "long" is not a number'],
    ['> logs n9=1\n> show', 'line 3, "> show": there is no member n9'],
    ['> limits speed=1\n> show', 'line 3, "> show": there is no limit "speed"'],
    ['> cut n1', 'line 2, "> cut n1": this command takes two members'],
    ['> write n1', 'line 2, "> write n1": n1 has nothing to write'],
    ['show', 'line 2, "show": a command begins with "> "'],
  ])('[PL2] is refused with its line and the reason: %s', async (command, sentence) => {
    await expect(perform(`> cluster 3\n${command}\n`)).rejects.toThrow(sentence);
  });

  it('[PL2] is refused if it does not begin with its cluster', async () => {
    await expect(perform('> show\n')).rejects.toThrow('line 1, "> show": a play begins with');
  });
});

describe('the text of a play', () => {
  it('[PL3] is the same however often it is written down', async () => {
    const first = await perform(PLAY);
    expect(first).not.toBe(PLAY);
    expect(await perform(first)).toBe(first);
  });

  it('[PL3] keeps comments, commands and blank lines as they are', async () => {
    const performed = await perform(PLAY);
    const kept = performed.split('\n').filter((line) => !line.startsWith('  '));
    expect(kept.join('\n')).toBe(PLAY);
  });

  it('[PL3] is given back as it should be where someone has changed an answer', async () => {
    const golden = await perform(PLAY);
    const changed = golden.replace('n1 leads term 1', 'n1 leads term 2');
    expect(changed).not.toBe(golden);
    expect(await perform(changed)).toBe(golden);
  });

  it('[PL3] begins with what its cast holds on disk', async () => {
    const cast = '> cluster 2\n> logs n1=1,1,4 n2=\n> terms n2=7\n> votes n1=n2\n> show\n';
    const table = (await perform(cast)).split('\n').slice(-4, -1);
    expect(table).toEqual([
      '      state                term  vote  log',
      '  n1  follower.leaderless  4     n2    | 1 1 4',
      '  n2  follower.leaderless  7     –     |',
    ]);
  });

  it('[PL3] gathers lines that repeat themselves', async () => {
    const performed = await perform('> cluster 1\n> elect n1\n> read n1 x\n> propose n1 a=1 a=1\n');
    expect(performed).toContain('client of n1: there is no x\n');
    const beats = await perform('> cluster 3\n> elect n1\n> wait 300ms n1\n');
    expect(beats).toContain('  n1 → n2 AppendEntries term 1, nothing after 1/1, commit 1 (×');
  });
});

describe('a play that breaks safety', () => {
  it('[PL4] fails when a member speaks of a vote that is not on its disk', async () => {
    const performed = perform(ONE_VOTE, {
      said: (message) =>
        message.type === 'RequestVoteReply' ? { ...message, granted: true } : message,
    });
    await expect(performed).rejects.toThrow('safety is broken: S12');
  });

  it('[PL4] fails when a disk forgets a vote that it has acknowledged', async () => {
    const performed = perform('> cluster 3\n> elect n1\n> crash n2\n> restart n2\n', {
      written: (operations) => operations.map(withoutVote),
    });
    await expect(performed).rejects.toThrow('safety is broken: S14');
  });

  it('[PL4] fails when an acknowledged entry is not on the disk', async () => {
    const isKept = ({ type }: LogOperation): boolean => type !== 'append';
    const performed = perform('> cluster 1\n> elect n1\n> crash n1\n> restart n1\n', {
      written: (operations) => operations.filter(isKept),
    });
    await expect(performed).rejects.toThrow('safety is broken: S14');
  });
});
