/** The judge of the lock can say no. */
import { expect, it } from 'vitest';
import type { WatchEvent, WatchRevision } from '../../../src/client/index.ts';
import { Judge } from './judge.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Revisions from 2 on, each one change: `+a` and `-a` come and go, a number writes. */
function judged(...changes: readonly string[]): Judge {
  const judge = new Judge();
  changes.forEach((change, at) => {
    const modRevision = at + 2;
    const name = `raftchart/locks/fire/${change.slice(1)}`;
    const put = { createRevision: modRevision, modRevision, version: 1, lease: null } as const;
    const event: WatchEvent = change.startsWith('-')
      ? { type: 'delete', key: bytes(name), value: null, modRevision }
      : change.startsWith('+')
        ? { type: 'put', key: bytes(name), value: bytes(''), ...put }
        : { type: 'put', key: bytes('fire/holder'), value: bytes(`${change} 7`), ...put };
    const revision: WatchRevision = { revision: modRevision, events: [event] };
    judge.take(revision);
  });
  return judge;
}

it('[CO7] holders in the order of their places are right, and nothing else is', () => {
  const right = judged('+a', '2', '+b', '2', '-a', '4', '-b', '+c', '9');
  expect([right.faults, right.holders, right.writes]).toEqual([[], 3, 4]);
  expect(judged('+a', '+b', '3').faults).toEqual(['revision 4: 3 wrote, and 2 was first']);
  expect(judged('+a', '+b', '-a', '3', '2').faults).toHaveLength(2);
  expect(judged('+a', '-a', '2').faults).toHaveLength(1);
});
