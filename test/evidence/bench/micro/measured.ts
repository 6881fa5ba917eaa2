/** One thing that is measured alone: it can be called any number of times, and returns what must not be optimised away. */
export interface Measured {
  readonly name: string;
  readonly call: () => unknown;
  /** Whether the last call did what it is measured for. */
  readonly isDone?: () => boolean;
}
