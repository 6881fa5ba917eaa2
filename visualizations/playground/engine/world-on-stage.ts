/** What is to be seen and heard of a simulated world. */
import { nodeId } from '../../../src/core/types.ts';
import type { SimulatedMember } from '../../../src/testing/simulation/world/member.ts';
import type { World } from '../../../src/testing/simulation/world/world.ts';
import type { Presence } from '../../page/stream/page-record.ts';
import type { OnStage } from './stage-hand.ts';
import type { Note } from './stepped-run.ts';

export function membersOf(world: World): readonly OnStage[] {
  return world.all.map((member) => {
    const [presence, how] = presenceOf(member);
    return { id: member.id, node: presence === 'dead' ? null : member.node, presence, how };
  });
}

function presenceOf({ process, state }: SimulatedMember): readonly [Presence, string] {
  if (process?.isFrozen === true) return ['stopped', 'stands still'];
  switch (state) {
    case 'down':
      return ['dead', 'is down'];
    case 'starting':
      return ['running', 'starts'];
    case 'refused':
      return ['dead', 'refused to start on its disk'];
    case 'halted':
      return ['running', 'has halted'];
    case 'up':
      return ['running', 'runs'];
  }
}

/**
 * Where the real world is shut out, nobody may read what XState notes of it: when each timer was set. Who looks into a node
 * does, for the timers that began unseen; by the clock of the run, that is what they are to see.
 */
export function tellTimeOf({ clock }: World): void {
  Date.now = () => clock.wallTimeMs();
}

/** What the charts, the messages and the presence of nodes show better. */
const SEEN =
  /^(→|follower|preCandidate|candidate|leader|learner) |^(starts, for|begins life|sees )|^(is killed|loses power)$/;

/** Those that were noted since the last call, without what is seen anyway. */
export class Notes {
  #taken = 0;

  take({ trace }: World): readonly Note[] {
    const fresh = trace.linesAfter(this.#taken);
    this.#taken = trace.count;
    return fresh
      .filter(({ text }) => !SEEN.test(text))
      .map(({ node, ...rest }) => ({ ...rest, node: node === null ? null : nodeId(node) }));
  }
}
