/**
 * One session: which of its commands were carried out, and what they answered (§6.3). Of the commands through its
 * low-water mark it remembers nothing, and so does nothing.
 */

/** What a session is from its opening on. */
export interface SessionBirth {
  readonly key: string;
  readonly ttlMs: number;
  /** It is remembered until then at least, so that no late copy opens it again; 0: nobody could. */
  readonly notAfterMs: number;
}

export class Session {
  readonly birth: SessionBirth;
  /** By the clock of the log: later it does not exist. */
  expiresAtMs: number;
  isClosed = false;
  /** Nothing through here is told apart any more. */
  lowWater = 0;
  /** The largest sequence that it has seen carried out, or heard to be acknowledged. */
  newest = 0;
  /** Commands that were carried out, in that order, with their answers; `null`: let go. Bound: `SessionBounds`. */
  readonly done = new Map<number, Uint8Array | null>();
  answerBytes = 0;

  constructor(birth: SessionBirth, timeMs: number) {
    this.birth = birth;
    this.expiresAtMs = 0;
    this.touch(timeMs);
  }

  /** It is in use. */
  touch(timeMs: number): void {
    const { ttlMs, notAfterMs } = this.birth;
    this.expiresAtMs = Math.max(this.expiresAtMs, timeMs + ttlMs, notAfterMs);
  }

  isAlive(timeMs: number): boolean {
    return timeMs <= this.expiresAtMs;
  }

  /** It takes no commands any more, and is remembered only for as long as a late copy could open it again. */
  close(): void {
    this.isClosed = true;
    this.expiresAtMs = this.birth.notAfterMs;
    this.forgetThrough(this.newest);
  }

  note(sequence: number, answer: Uint8Array | null): void {
    this.done.set(sequence, answer);
    this.answerBytes += answer?.length ?? 0;
    if (sequence > this.newest) this.newest = sequence;
  }

  /** Raises the low-water mark. */
  forgetThrough(through: number): void {
    if (through <= this.lowWater) return;
    // Whichever takes fewer steps: a client may acknowledge the next one, or a great many that it never sent.
    if (through - this.lowWater <= this.done.size) {
      for (let each = this.lowWater + 1; each <= through; each += 1) this.#forget(each);
    } else {
      for (const each of [...this.done.keys()]) if (each <= through) this.#forget(each);
    }
    this.lowWater = through;
    if (through > this.newest) this.newest = through;
  }

  /** Lets go of the answers that it gave first, until so many bytes are left; what was carried out it still knows. */
  letGoOfAnswers(bytesLeft: number): void {
    for (const [sequence, answer] of this.done) {
      if (this.answerBytes <= bytesLeft) return;
      if (answer === null) continue;
      this.done.set(sequence, null);
      this.answerBytes -= answer.length;
    }
  }

  #forget(sequence: number): void {
    const answer = this.done.get(sequence);
    if (answer === undefined) return;
    this.done.delete(sequence);
    this.answerBytes -= answer?.length ?? 0;
  }
}
