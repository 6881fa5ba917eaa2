/** One line on a terminal that says how far something long is, and about how much longer it takes (BK3). */
import type { CliContext } from '../command.ts';
import { PROGRESS_LINE_MS } from '../limits.ts';

interface ProgressLine {
  /** `done`: from 0 to 1. */
  readonly show: (done: number, bytes: number) => void;
  /** The line is taken away. */
  readonly end: () => void;
}

/** Where nobody looks, nothing is said. */
export function progressLine(
  { isTty, writeError }: Pick<CliContext, 'isTty' | 'writeError'>,
  now: () => number = () => performance.now(),
): ProgressLine {
  const beganMs = now();
  let saidMs: number | null = null;
  return {
    show: (done, bytes) => {
      const atMs = now();
      if (!isTty || atMs - (saidMs ?? Number.NEGATIVE_INFINITY) < PROGRESS_LINE_MS) return;
      saidMs = atMs;
      writeError(`\r${lineOf({ done, bytes, tookMs: atMs - beganMs })}\u001b[K`);
    },
    end: () => {
      if (saidMs !== null) writeError('\r\u001b[K');
    },
  };
}

interface Standing {
  readonly done: number;
  readonly bytes: number;
  readonly tookMs: number;
}

function lineOf({ bytes, done, tookMs }: Standing): string {
  const percent = `${Math.floor(100 * done)} %`.padStart(5);
  const left = done === 0 ? '' : `, ${Math.ceil((tookMs * (1 - done)) / done / 1000)} s left`;
  return `${percent}  ${shownSize(bytes)}${left}`;
}

/** In the unit in which it is at least one. */
export function shownSize(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
