/** The driver of the founding chart: what ends it, and what may be said meanwhile. */
import { expect, it } from 'vitest';
import {
  type FoundingState,
  type FoundingWord,
  NOTHING_FOUNDED,
  type Proposal,
} from '../../src/core/founding.ts';
import { nodeId } from '../../src/core/types.ts';
import { Founding } from '../../src/node/founding/founding.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

function word(id: string, state: FoundingState = NOTHING_FOUNDED): FoundingWord {
  const self = { id: nodeId(id), incarnation: '1', address: `${id}:1` };
  return { cluster: '', expected: 3, self, state };
}

const members = ['n1', 'n2', 'n3'].map((id) => word(id).self);
const proposal: Proposal = { founder: { id: nodeId('n1'), incarnation: '1' }, round: 1, members };
const foundation = { round: 1, promised: proposal, foundation: proposal };

function running(own: FoundingWord, store: () => Promise<void>) {
  const asked: FoundingWord[] = [];
  const ask = (said: FoundingWord): void => void asked.push(said);
  const founding = new Founding({ own, clock: new VirtualClock(), store, ask });
  return { asked, founding };
}

it('[FO7] who is in a foundation that it never promised has an old disk, and goes no further', async () => {
  const { asked, founding } = running(word('n2'), () => Promise.resolve());
  await expect.poll(() => asked.length).toBe(1);
  founding.hear(word('n1', foundation));
  await expect(founding.ended).rejects.toThrow('FO7');
  founding.hear(word('n3'));
  expect(asked).toHaveLength(1);
});

it('[PS7] a write that fails ends it, with what failed', async () => {
  const failure = new Error('full');
  const { asked, founding } = running(word('n2'), () => Promise.reject(failure));
  await expect(founding.ended).rejects.toBe(failure);
  expect(asked).toEqual([]);
});

it('[FO1] what is being written is not said yet', async () => {
  const written: (() => void)[] = [];
  const { founding } = running(word('n2'), () => new Promise((done) => written.push(done)));
  written[0]?.();
  await expect.poll(() => founding.progress.state).toBe('gathering');
  founding.hear(word('n1', { ...foundation, foundation: null }));
  expect(founding.progress.state).toBe('storing');
  expect(founding.word.state).toEqual(NOTHING_FOUNDED);
  written[1]?.();
  await expect.poll(() => founding.word.state.promised).toEqual(proposal);
  founding.stop();
});

it('[FO12] who is told to stop is not late', async () => {
  const { asked, founding } = running(word('n2'), () => Promise.resolve());
  await expect.poll(() => asked.length).toBe(1);
  founding.stop();
  founding.meet('c');
  expect(await Promise.race([founding.ended, Promise.resolve('open')])).toBe('open');
});
