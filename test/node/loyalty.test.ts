/** A production node and its loyalty: who hears a leader heeds no candidate (EL13), as told over its own links. */
import { expect, it } from 'vitest';
import { index, term } from '../../src/core/types.ts';
import { encodeMessage } from '../../src/transport/codec.ts';
import { FRAME_KIND } from '../../src/transport/frames.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';

it('[EL13] a node that hears its leader does not heed a candidate of a newer term; later it does', async () => {
  const last = new Map<string, CarriedMessage>();
  const { cluster, leader, others } = await ledVirtually({
    carry: (message) => {
      if (message.frames[0]?.[4] === FRAME_KIND.message) {
        last.set(`${message.from} ${message.to}`, message);
      }
      return true;
    },
  });
  await cluster.submit(leader.id, 'a');
  await cluster.pass(1_000);
  const [voter, candidate] = others;
  const ask = (): void => {
    const lastLog = { term: term(1), index: index(9) };
    const request = encodeMessage({ type: 'RequestVote', term: term(5), lastLog }, 0);
    last.get(`at-${candidate.id} at-${voter.id}`)?.deliver([request]);
  };
  ask();
  await cluster.pass(20);
  expect(voter.node.status()).toMatchObject({ term: 1, leader: leader.id });
  cluster.isolate(leader.id);
  cluster.isolate(candidate.id);
  await cluster.until('it to lose its leader', () => voter.node.status().leader === null);
  ask();
  await cluster.pass(20);
  expect(voter.node.status()).toMatchObject({ term: 5 });
});
