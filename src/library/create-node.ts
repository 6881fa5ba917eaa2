/** The door of the library: checks what it is told, and hands out a node of the caller's own machine. */
import { DEFAULT_LIMITS, type Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import { contradictionInLimits, contradictionInTiming } from '../rules/contradictions.ts';
import { DEFAULT_TIMING } from '../rules/timing.ts';
import { assembleNode } from './assemble-node.ts';
import { ErrorReports } from './error-reports.ts';
import type { Command, Query } from './machine.ts';
import { isSocketPlace, memberId } from './member-names.ts';
import { RaftchartNode } from './node.ts';
import { checkedNodeOptions, membersOf, type NodeOptions } from './node-options.ts';

/**
 * Starts a member and resolves once it takes part; `ready()` waits for a leader. Rejects with a `RaftError`
 * that says what to do if the data directory is damaged or another node's, or the address is taken.
 */
export async function createNode<
  State,
  Commands extends Readonly<Record<string, Command<State>>>,
  Queries extends Readonly<Record<string, Query<State>>>,
>(
  options: NodeOptions<State, Commands, Queries>,
): Promise<RaftchartNode<State, Commands, Queries>> {
  const own = checkedNodeOptions(options);
  const { machine } = own;
  const limits = { ...DEFAULT_LIMITS, ...own.limits };
  const timing = { ...DEFAULT_TIMING, ...own.timing };
  refuseContradictions(limits, timing);
  const id = memberId('id of createNode', own.id);
  const isPlace = own.transport === undefined ? isSocketPlace : () => true;
  const members = membersOf(id, own.peers, isPlace);
  const errors = new ErrorReports();
  const state = machine.start((error) => errors.report(error));
  const replica = await assembleNode({ ...own, id, members, machine: state, timing, limits });
  return new RaftchartNode({ replica, machine, state, errors, limits, isPlace });
}

/** Before anything is touched (CF1, CF3). */
function refuseContradictions(limits: Limits, timing: RaftTiming): void {
  const problem = contradictionInLimits(limits) ?? contradictionInTiming(timing);
  if (problem !== null) throw new TypeError(problem);
}
