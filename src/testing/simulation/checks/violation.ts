/** A property that did not hold: which one, where, and what was seen instead. Ends the run. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** As in the table of `docs/SPEC.md`: S01, L04, … */
  readonly property: string;

  constructor(property: string, text: string) {
    super(`${property}: ${text}`);
    this.property = property;
  }
}

/** Takes violations; only the first one counts. */
export type Report = (property: string, text: string) => void;
