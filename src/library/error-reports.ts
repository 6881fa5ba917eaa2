/**
 * Where mistakes of the embedding program go that no call can carry: to the listeners of `error`, or, if there are
 * none, into a warning of the process. They end neither the node nor the process (EM15): the next leader would meet
 * the same mistake, and one member after the other would be gone.
 */
import { textOf } from '../core/thrown-text.ts';

export class ErrorReports {
  readonly #listeners = new Set<(error: unknown) => void>();

  report(error: unknown): void {
    if (this.#listeners.size === 0) return warn(error);
    for (const listener of this.#listeners) {
      try {
        listener(error);
      } catch (thrown) {
        warn(thrown);
      }
    }
  }

  listen(listener: (error: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The listener of another event, whose own errors are reported. */
  guarding(listener: (event: unknown) => void): (event: unknown) => void {
    return (event) => {
      try {
        listener(event);
      } catch (error) {
        this.report(error);
      }
    };
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : textOf(error));
}
