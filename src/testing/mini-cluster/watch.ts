/** Who watches over a cluster: the checkers of the simulator, with one memory for all members and all their lives. */
import { assert } from '../../core/assert.ts';
import type { RaftState } from '../../core/raft-state.ts';
import type { NodeId } from '../../core/types.ts';
import type { DurableLog } from '../simulation/checks/durable-log.ts';
import { History } from '../simulation/checks/history.ts';
import { checkPromise } from '../simulation/checks/promises.ts';
import type { Report } from '../simulation/checks/violation.ts';
import { SometimesLog } from '../simulation/runtime/sometimes.ts';
import type { Envelope } from './held-network.ts';

export class Watch {
  /** The first property that did not hold, in words. */
  violation: string | null = null;
  readonly report: Report;
  readonly history: History;
  /** The simulator counts rare events; here nobody counts. */
  readonly sometimes = new SometimesLog();
  /** What is durable on the disk of each member. */
  readonly durables = new Map<NodeId, DurableLog>();

  /** `unchecked`: properties that nobody is held to. */
  constructor(unchecked: readonly string[] = []) {
    this.report = (property, text) => {
      if (!unchecked.includes(property)) this.violation ??= `${property}: ${text}`;
    };
    this.history = new History(this.report);
  }

  readonly durableOf = (id: NodeId): DurableLog => {
    const durable = this.durables.get(id);
    assert(durable !== undefined, `${id} is a member`);
    return durable;
  };

  /** A member in this state says something: what it promises with that has to be on its disk. */
  hear({ from, to, message }: Envelope, raft: RaftState | null): void {
    checkPromise(this, { id: from, durable: this.durableOf(from), raft }, { to, message });
  }
}
