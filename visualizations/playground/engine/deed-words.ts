/** What somebody does by hand to a cluster of one's own, as the story tells it. */
import type { NodeId } from '../../../src/core/types.ts';
import type { Direction } from '../../../src/testing/simulation/plan/directions.ts';
import type { Deed, FaultByHand } from '../run/run.ts';

interface Told {
  /** `null`: of no node in particular. Otherwise its name stands before the text. */
  readonly node: NodeId | null;
  readonly text: string;
}

/** `isInVain`: there was nothing that it could do, or end. */
export function deedInWords(deed: Deed, isInVain: boolean): Told {
  switch (deed.type) {
    case 'put':
      return { node: deed.node, text: `is asked by you to write ${deed.key}.` };
    case 'restart':
      return {
        node: deed.node,
        text: isInVain ? NOTHING_TO_END : 'goes on, as you wish: what was done to it is over.',
      };
    case 'mend':
      return {
        node: null,
        text: isInVain ? 'You find no connection to mend.' : 'You mend all connections.',
      };
    case 'partition':
      return { node: null, text: `You cut the connections ${pairs(deed.cuts)}.` };
    case 'disorder':
      return { node: null, text: `You make the connections ${pairs(deed.directions)} bad.` };
    case 'reset':
      return { node: null, text: `You reset the connection ${pairs([deed.direction])}.` };
    default:
      return { node: deed.node, text: isInVain ? DOWN_ALREADY : wordsOf(deed) };
  }
}

const NOTHING_TO_END = 'goes on as it was: nothing was done to it that a restart would end.';

const DOWN_ALREADY = 'was down already, and stays so.';

type FaultOfNode = Extract<FaultByHand, { readonly node: NodeId }>;

function wordsOf(deed: FaultOfNode): string {
  switch (deed.type) {
    case 'crash':
      return deed.power ? 'loses power, as you wish.' : 'is killed, as you wish.';
    case 'freeze':
      return 'is frozen by you: it does nothing until you restart it.';
    case 'diskStall':
      return 'has a stalled disk, as you wish: no write ends until you restart it.';
    case 'diskFull':
      return 'has a full disk, as you wish: its writes fail.';
    case 'writeError':
      return 'will fail to write to its disk, as you wish.';
    case 'wipe':
      return 'has an empty disk, as you wish.';
    case 'change':
      return `is asked by you to ${changeInWords(deed)}.`;
    case 'transfer':
      return `is asked by you to hand leadership over${deed.to === null ? '' : ` to ${deed.to}`}.`;
  }
}

function changeInWords({ add, remove }: Extract<FaultByHand, { readonly type: 'change' }>): string {
  const parts = [
    ...(add.length > 0 ? [`add ${add.join(', ')}`] : []),
    ...(remove.length > 0 ? [`remove ${remove.join(', ')}`] : []),
  ];
  return parts.length === 0 ? 'change the members' : parts.join(' and ');
}

/** `n1–n2, n1–n3`; a connection with both its directions is one. */
function pairs(directions: readonly Direction[]): string {
  const names = directions.map(({ from, to }) => [from, to].sort().join('–'));
  return [...new Set(names)].join(', ');
}
