/**
 * What happened in a run, in order: as a number that is the same exactly if everything was the same, always; and
 * as lines for people, if asked for.
 */
import { mix } from '../checks/durable-log.ts';

export interface TraceLine {
  readonly atMs: number;
  /** `null`: the world at large. */
  readonly node: string | null;
  readonly text: string;
}

/** Bound: lines kept; the oldest are let go. */
const LINES_MAX = 20_000;

export class Trace {
  readonly isRecording: boolean;
  #lines: TraceLine[] = [];
  #count = 0;
  #left = 0x243f6a88;
  #right = 0x13198a2e;

  constructor(isRecording: boolean) {
    this.isRecording = isRecording;
  }

  get lines(): readonly TraceLine[] {
    return this.#lines;
  }

  /** Those that were noted after so many others, as far as they are kept. */
  linesAfter(count: number): readonly TraceLine[] {
    return this.#lines.slice(Math.max(0, this.#lines.length - (this.#count - count)));
  }

  /** Of all lines that were ever noted. */
  get count(): number {
    return this.#count;
  }

  /** Sixteen hexadecimal digits. */
  get hash(): string {
    return [this.#left, this.#right].map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  mix(value: number): void {
    this.#left = mix(this.#left, value);
    this.#right = mix(this.#right ^ this.#left, value);
  }

  note(atMs: number, node: string | null, text: string): void {
    if (!this.isRecording) return;
    this.#count += 1;
    this.#lines.push({ atMs, node, text });
    if (this.#lines.length > 2 * LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX);
  }
}
