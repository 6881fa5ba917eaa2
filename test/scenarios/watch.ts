/** Who watches over a play: the checkers of the simulator, with one memory for all members and all their lives. */
import { History } from '../../src/testing/simulation/checks/history.ts';
import type { Report } from '../../src/testing/simulation/checks/violation.ts';
import { SometimesLog } from '../../src/testing/simulation/sometimes.ts';

export class Watch {
  /** The first property that did not hold, in words. */
  violation: string | null = null;
  readonly report: Report = (property, text) => {
    this.violation ??= `${property}: ${text}`;
  };
  readonly history = new History(this.report);
  /** The simulator counts rare events; a play needs no counting. */
  readonly sometimes = new SometimesLog();
}
