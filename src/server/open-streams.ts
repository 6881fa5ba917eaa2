/** The streams and watches that a server has open: each leaves here how to end it. */
import type { RaftError } from '../core/errors.ts';

/** Things that must end when the server does: each stream and watch leaves one function here. */
export class OpenStreams {
  readonly #enders = new Set<(error: RaftError) => void>();
  #ended: RaftError | null = null;

  get count(): number {
    return this.#enders.size;
  }

  /** Returns how to take it back. If all is over already, `end` is called at once. */
  add(end: (error: RaftError) => void): () => void {
    if (this.#ended !== null) end(this.#ended);
    else this.#enders.add(end);
    return () => this.#enders.delete(end);
  }

  endAll(error: RaftError): void {
    this.#ended ??= error;
    for (const end of [...this.#enders]) end(error);
    this.#enders.clear();
  }
}
