/** One line on a terminal that says how far something long is, and about how much longer it takes (BK3, CL42). */
import { RaftError } from '../../core/errors.ts';
import type { CliContext } from '../command.ts';
import { PROGRESS_LINE_MS } from '../limits.ts';

interface ProgressLine {
  /** `done`: from 0 to 1; `null`: nobody knows. */
  readonly show: (done: number | null, bytes: number) => void;
  /** The line is taken away. */
  readonly end: () => void;
}

type Terminal = Pick<CliContext, 'errorColumns' | 'isErrorTty' | 'writeError'>;

/** Where nobody looks, nothing is said. */
export function progressLine(
  { errorColumns, isErrorTty, writeError }: Terminal,
  now: () => number = () => performance.now(),
): ProgressLine {
  const beganMs = now();
  let saidMs: number | null = null;
  return {
    show: (done, bytes) => {
      const atMs = now();
      if (!isErrorTty || atMs - (saidMs ?? Number.NEGATIVE_INFINITY) < PROGRESS_LINE_MS) return;
      saidMs = atMs;
      // A line that is broken into two is not taken back by a carriage return.
      const line = lineOf({ done, bytes, tookMs: atMs - beganMs }).slice(0, errorColumns() - 1);
      writeError(`\r${line}\u001b[K`);
    },
    end: () => {
      if (saidMs !== null) writeError('\r\u001b[K');
    },
  };
}

/** Of work that tells at each step how far it is; who interrupts it ends it at the next. */
export async function whileShown<Result>(
  context: Terminal & Pick<CliContext, 'interrupted'>,
  work: (heard: (done: number, bytes: number) => void) => Promise<Result>,
): Promise<Result> {
  const progress = progressLine(context);
  try {
    return await work((done, bytes) => {
      if (context.interrupted.aborted) throw stoppedEarly();
      progress.show(done, bytes);
    });
  } finally {
    progress.end();
  }
}

function stoppedEarly(): RaftError {
  const text = 'It was stopped before it was done, and nothing was changed.';
  return new RaftError('RAFT_ABORTED', text, { retry: 'safe' });
}

interface Standing {
  readonly done: number | null;
  readonly bytes: number;
  readonly tookMs: number;
}

function lineOf({ bytes, done, tookMs }: Standing): string {
  if (done === null) return shownSize(bytes);
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
