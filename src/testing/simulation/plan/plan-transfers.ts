/**
 * Requests that leadership move (§3.10), asked of members while things go wrong: to a member by name, to whoever is fittest,
 * and to those who cannot lead, which has to be refused, and to leave nothing behind.
 */
import { type NodeId, nodeId } from '../../../core/types.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Fault } from './plan-faults.ts';

/** No member of any run. */
const STRANGER = nodeId('nobody');

interface TransferScope {
  readonly members: readonly NodeId[];
  readonly troubleMs: number;
}

/** In half of the runs; a few of them follow each other so closely that they meet. */
export function planTransfers(
  random: SeededRandom,
  { members, troubleMs }: TransferScope,
): readonly Fault<'transfer'>[] {
  if (random.chance(0.5)) return [];
  return Array.from({ length: random.integer(1, 10) }, () => {
    const atMs = random.between(0, troubleMs);
    const count = random.pick([1, 1, 2, 3]);
    return Array.from({ length: count }, () => ({
      atMs: Math.floor(atMs + random.between(0, 20)),
      forMs: 0,
      type: 'transfer' as const,
      node: random.pick(members),
      to: planTarget(random, members),
    }));
  }).flat();
}

/** `null`: whoever is fittest. */
function planTarget(random: SeededRandom, members: readonly NodeId[]): NodeId | null {
  if (random.chance(0.3)) return null;
  return random.chance(0.1) ? STRANGER : random.pick(members);
}
