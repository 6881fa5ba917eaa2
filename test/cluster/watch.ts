/** Who watches over a cluster: the checkers of the simulator, with one memory for all members and all their lives. */
import { History } from '../../src/testing/simulation/checks/history.ts';
import type { Report } from '../../src/testing/simulation/checks/violation.ts';
import { SometimesLog } from '../../src/testing/simulation/runtime/sometimes.ts';

export class Watch {
  /** The first property that did not hold, in words. */
  violation: string | null = null;
  readonly report: Report;
  readonly history: History;
  /** The simulator counts rare events; here nobody counts. */
  readonly sometimes = new SometimesLog();

  /** `unchecked`: properties that nobody is held to. */
  constructor(unchecked: readonly string[] = []) {
    this.report = (property, text) => {
      if (!unchecked.includes(property)) this.violation ??= `${property}: ${text}`;
    };
    this.history = new History(this.report);
  }
}
