/**
 * What links, replication and log writer hand out that the raft chart of the same node hears as well, through the actor
 * system: at once, in the place that the effect has among the others. A chart that runs alone tells nobody.
 */
import type { Effect, RoleNews } from '../src/core/effect.ts';
import type { RaftEvent } from './raft.types.ts';

export function newsForRaft(effect: Effect | RoleNews): RaftEvent | null {
  if (effect.type === 'diskStalled') return { type: 'disk.stalled' };
  if (effect.type === 'linkOpened') return { type: 'link.opened', peer: effect.peer };
  if (effect.type === 'linkClosed') return { type: 'link.closed', peer: effect.peer };
  if (effect.type !== 'progressed') return null;
  const { peer, matchIndex, round } = effect;
  return { type: 'peer.progressed', peer, matchIndex, round };
}
