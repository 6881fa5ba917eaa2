/**
 * Who comes and goes in a run: nodes that begin outside of the cluster, and what is asked of its members meanwhile. Much
 * of it cannot be done, as where people err: it has to be refused, and to leave nothing behind.
 */
import { type NodeId, nodeId } from '../../../core/types.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Fault } from './plan-faults.ts';

/** Half of them call the founding members, the others are called: of two the one with the smaller name calls (LR15). */
const NAMES = ['a1', 'x1', 'a2', 'x2', 'a3', 'x3'].map(nodeId);
/** Bound: members of a run, founding ones and others: what a simulated second costs grows with its square. */
const MEMBERS_MAX = 7;

/** None in most runs: a fault that is always there hides what happens without it. */
export function planJoiners(random: SeededRandom, founders: readonly NodeId[]): readonly NodeId[] {
  const room = Math.min(3, MEMBERS_MAX - founders.length);
  if (room < 1 || random.chance(0.6)) return [];
  return random.shuffle(NAMES).slice(0, random.integer(1, room));
}

interface ChangeScope {
  readonly founders: readonly NodeId[];
  readonly joiners: readonly NodeId[];
  readonly troubleMs: number;
}

type Change = Pick<Fault<'change'>, 'add' | 'promote' | 'remove'>;

export function planChanges(
  random: SeededRandom,
  { founders, joiners, troubleMs }: ChangeScope,
): readonly Fault[] {
  if (joiners.length === 0) return [];
  const everyone = [...founders, ...joiners];
  return Array.from({ length: random.integer(2, 10) }, () => {
    const named = random.shuffle(everyone).slice(0, random.pick([1, 1, 2, 3]));
    const parts = named.map((id) => planPart(random, id, joiners.includes(id)));
    return {
      atMs: Math.floor(random.between(0, troubleMs)),
      forMs: 0,
      type: 'change',
      node: random.pick(everyone),
      add: parts.flatMap(({ add }) => add),
      promote: parts.flatMap(({ promote }) => promote),
      remove: parts.flatMap(({ remove }) => remove),
    } as const;
  });
}

function planPart(random: SeededRandom, id: NodeId, isJoiner: boolean): Change {
  const nothing: Change = { add: [], promote: [], remove: [] };
  const voter = { ...nothing, add: [id], promote: [id] };
  const learner = { ...nothing, add: [id] };
  const promoted = { ...nothing, promote: [id] };
  const gone = { ...nothing, remove: [id] };
  return isJoiner
    ? random.pick([voter, voter, voter, learner, promoted, gone])
    : random.pick([gone, gone, gone, promoted, voter]);
}
