/**
 * When the store stood at which revision, in log time: what compaction by age goes by (KV25). A mark now and then, at
 * most so many: with more, every second one goes and they lie further apart. It is a function of the log alone, so
 * every replica has the same marks, and they are a part of its snapshot.
 */
import { firstPlace } from '../../core/search.ts';
import { itemAt } from '../keys/item-at.ts';
import { MARK_SPACING_MIN_MS, MARKS_MAX } from '../limits.ts';

/** At this time, just before the next command, the store stood at this revision. */
export interface RevisionTime {
  readonly timeMs: number;
  readonly revision: number;
}

/** All there is to remember. */
interface KeptTimes {
  /** Oldest first. */
  readonly marks: readonly RevisionTime[];
  readonly timeMs: number;
  readonly spacingMs: number;
}

export class RevisionTimes {
  #marks: RevisionTime[] = [];
  #spacingMs = MARK_SPACING_MIN_MS;
  #timeMs = 0;

  /** Log time of the newest command; 0 before the first one. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** Oldest first; the first one is of about when the kept history begins. */
  get marks(): readonly RevisionTime[] {
    return this.#marks;
  }

  get spacingMs(): number {
    return this.#spacingMs;
  }

  /** A command of this time is about to be applied; time never falls along the log. */
  note(timeMs: number, revision: number): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    const last = this.#marks.at(-1);
    if (last !== undefined) {
      if (timeMs < last.timeMs + this.#spacingMs || revision === last.revision) return;
    }
    this.#marks.push({ timeMs: this.#timeMs, revision });
    if (this.#marks.length <= MARKS_MAX) return;
    this.#marks = this.#marks.filter((_, place) => place % 2 === 0);
    this.#spacingMs *= 2;
  }

  /** The newest revision that the store is known to have had at that time; `null`: none is known. */
  at(timeMs: number): RevisionTime | null {
    const after = firstPlace(
      0,
      this.#marks.length,
      (at) => itemAt(this.#marks, at).timeMs > timeMs,
    );
    return after === 0 ? null : itemAt(this.#marks, after - 1);
  }

  /** The history below the revision is gone: of its marks only the newest one stays. */
  compacted(revision: number): void {
    const { length } = this.#marks;
    const after = firstPlace(0, length, (at) => itemAt(this.#marks, at).revision > revision);
    if (after > 1) this.#marks.splice(0, after - 1);
    while (this.#spacingMs > MARK_SPACING_MIN_MS && this.#marks.length < MARKS_MAX / 4) {
      this.#spacingMs /= 2;
    }
  }

  /** Whether some log could have made them. */
  static isPossible({ marks, timeMs, spacingMs }: KeptTimes): boolean {
    if (marks.length > MARKS_MAX || spacingMs < MARK_SPACING_MIN_MS) return false;
    return marks.every((mark, place) => {
      const next = marks[place + 1];
      if (next === undefined) return mark.timeMs <= timeMs;
      return mark.timeMs < next.timeMs && mark.revision < next.revision;
    });
  }

  /** As they were in a snapshot. */
  restore({ marks, timeMs, spacingMs }: KeptTimes): void {
    this.#marks = [...marks];
    this.#timeMs = timeMs;
    this.#spacingMs = spacingMs;
  }
}
