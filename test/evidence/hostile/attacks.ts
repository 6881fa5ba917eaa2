/** Every attack by name. What each may cost is judged by `report.ts`. */
import type { Attack, Target } from './attack.ts';
import * as client from './client-attacks.ts';
import * as connections from './connection-attacks.ts';
import * as http from './http-attacks.ts';

export interface NamedAttack {
  readonly name: string;
  /** Puts in place what the attack needs, before anything is measured. */
  readonly prepare?: (target: Target) => Promise<void>;
  readonly attack: Attack;
  /** Honest work besides the ordinary client's, while that is measured before the attack and during it. */
  readonly work?: (target: Target) => Promise<void>;
  /** The members run with no more descriptors than this; the machine's own limit otherwise. */
  readonly descriptorsMax?: number;
}

export const ATTACKS: readonly NamedAttack[] = [
  { name: 'huge revision', prepare: client.putLongKeys, attack: client.hugeRevision },
  { name: 'huge previous values', prepare: client.putLongKeys, attack: client.hugePrevious },
  { name: 'watches of a paused client', work: client.writeWatched, attack: client.pausedWatches },
  {
    name: 'replies that nobody reads',
    prepare: client.putLargeValue,
    attack: client.unreadReplies,
  },
  { name: 'puts that nobody hears of', attack: client.unheardPuts },
  { name: 'inflated frames', attack: client.inflatedFrames },
  { name: 'ranges that nobody reads', prepare: http.putLargeValues, attack: http.unreadRanges },
  { name: 'streams that nobody reads', work: http.writeToStreams, attack: http.unreadStreams },
  { name: 'requests that never end', attack: http.slowRequests },
  { name: 'pipelined flood', attack: http.pipelinedFlood },
  { name: 'greedy transactions', prepare: http.putLargeValues, attack: http.greedyTransactions },
  { name: 'names that were rebound', attack: http.rebinding },
  { name: 'strangers before their hello', attack: connections.strangersBeforeHello },
  { name: 'garbage on every port', attack: connections.garbage },
  {
    name: 'connections without end',
    work: connections.fillTables,
    attack: connections.connectionFlood,
    descriptorsMax: 256,
  },
];
