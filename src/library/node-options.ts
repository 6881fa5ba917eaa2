/** What `createNode` may be told. A mistyped or impossible option is refused in words, before anything starts (EM12). */
import { checkOptionNames } from '../core/known-names.ts';
import { DEFAULT_LIMITS, type Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import { type NodeId, nodeId } from '../core/types.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Transport } from '../ports/transport.ts';
import { DEFAULT_TIMING } from '../rules/timing.ts';
import type { Machine } from './machine.ts';

export interface NodeOptions<State, Commands, Queries> {
  /** This member's name: letters, digits, '.', '_', '-'. */
  readonly id: string;
  readonly machine: Machine<State, Commands, Queries>;
  /** Every founding member with its `host:port`, this one included. Left out: a cluster of one. */
  readonly peers?: Readonly<Record<string, string>>;
  /** Where to listen for peers, `host:port`; by default this member's own address in `peers`. */
  readonly listen?: string;
  /** A directory of this node's own, created if missing. Left out: `store` must be given. */
  readonly dataDir?: string;
  /** Instead of `dataDir`: where the log lives, e.g. `memoryLogStore()` in tests. */
  readonly store?: LogStore;
  /** Instead of WebSockets: how members talk. */
  readonly transport?: Transport;
  /** The same on all members, different between clusters; by default derived from `peers`. */
  readonly clusterId?: string;
  readonly timing?: Partial<RaftTiming>;
  readonly limits?: Partial<Limits>;
}

type Kind = 'string' | 'object';

const KINDS: Readonly<Record<keyof NodeOptions<never, never, never>, Kind>> = {
  id: 'string',
  machine: 'object',
  peers: 'object',
  listen: 'string',
  dataDir: 'string',
  store: 'object',
  transport: 'object',
  clusterId: 'string',
  timing: 'object',
  limits: 'object',
};

/** The options as they are now: what the caller changes later changes nothing. Throws a `TypeError`. */
export function checkedNodeOptions<State, Commands, Queries>(
  options: NodeOptions<State, Commands, Queries>,
): NodeOptions<State, Commands, Queries> {
  checkOptionNames('createNode', options, Object.keys(KINDS));
  const own = { ...options };
  for (const [name, kind] of Object.entries(KINDS)) checkKind(name, Reflect.get(own, name), kind);
  if (typeof own.machine?.start !== 'function') {
    throw new TypeError('createNode needs a machine: what defineMachine returned');
  }
  checkNumbers('timing', own.timing, DEFAULT_TIMING);
  checkNumbers('limits', own.limits, DEFAULT_LIMITS);
  return own;
}

function checkKind(name: string, value: unknown, kind: Kind): void {
  if (value === undefined || (typeof value === kind && value !== null && value !== '')) return;
  const wanted = kind === 'string' ? 'a string that is not empty' : 'an object';
  throw new TypeError(`${name} of createNode must be ${wanted}`);
}

function checkNumbers(where: string, given: object | undefined, known: object): void {
  if (given === undefined) return;
  checkOptionNames(`${where} of createNode`, given, Object.keys(known));
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'number' && value >= 0) continue;
    const found = typeof value === 'number' ? value : `of type ${typeof value}`;
    throw new TypeError(`${where}.${name} must be a number that is not negative; it is ${found}`);
  }
}

/** The founding members with their addresses, in a table of its own. */
export function membersOf(
  id: NodeId,
  peers: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const members: Record<string, string> = Object.assign(Object.create(null), peers ?? { [id]: '' });
  for (const [peer, address] of Object.entries(members)) {
    if (typeof address === 'string') nodeId(peer);
    else throw new TypeError(`peers.${peer} must be an address such as 127.0.0.1:4200`);
  }
  if (members[id] === undefined) {
    throw new TypeError(`peers must name every founding member, and ${id} is missing from it`);
  }
  return members;
}
