/**
 * How much one connection may have sent that is not answered yet (CL37). What is sent waits in sockets, where neither side can
 * give it up, so a server that is behind would do all of it too late. Each word that the server is behind halves the
 * window, and the answers after that widen it again: many clients find together what their server carries out (the additive
 * increase and multiplicative decrease of TCP). What waits for room `unsent-calls.ts` keeps.
 */
import {
  WINDOW_BYTES_MAX,
  WINDOW_REQUESTS_MAX,
  WINDOW_REQUESTS_MIN,
  WINDOW_STEP,
} from './limits.ts';

export class RequestWindow {
  /** Bound: requests; a fraction of one is what is not gained yet. */
  #size = WINDOW_REQUESTS_MAX;
  #requests = 0;
  #bytes = 0;
  /** So many answers are still to come to what was sent before it was halved last: they say nothing new. */
  #echoes = 0;

  /** One request more may be sent, however large. */
  get hasRoom(): boolean {
    return this.#requests < Math.floor(this.#size) && this.#bytes < WINDOW_BYTES_MAX;
  }

  sent(bytes: number): void {
    this.#requests += 1;
    this.#bytes += bytes;
  }

  /** It was answered, or nobody waits for it any more; `isBehind`: the server has too much to do, or took too long. */
  ended(bytes: number, isBehind: boolean): void {
    const isEcho = this.#echoes > 0;
    if (isEcho) this.#echoes -= 1;
    else if (isBehind) this.#halve();
    else this.#widen();
    this.#requests -= 1;
    this.#bytes -= bytes;
  }

  #halve(): void {
    this.#size = Math.max(WINDOW_REQUESTS_MIN, this.#size / 2);
    this.#echoes = this.#requests - 1;
  }

  /** By the same step for each window of answers, however long that takes. */
  #widen(): void {
    this.#size = Math.min(WINDOW_REQUESTS_MAX, this.#size + WINDOW_STEP / this.#size);
  }
}
