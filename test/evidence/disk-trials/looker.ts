/**
 * Asks the looking process (`look.ts`) about one directory at a time, and starts it again when LevelDB has
 * ended it. What an answer is worth is decided in `judge.ts`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface LookRequest {
  /** A copy: it is changed. */
  readonly directory: string;
  readonly clusterId: string;
  readonly id: string;
  readonly members: readonly string[];
  /** Asks for the state of the log at this index as well; 0: nowhere. */
  readonly through: number;
}

export interface OpenedLook {
  readonly type: 'opened';
  readonly isNew: boolean;
  readonly term: number;
  readonly votedFor: string | null;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** A digest of all entries. */
  readonly entries: string;
  readonly peers: string;
  /** Number of the last batch that the log held, the start of the look not counted. */
  readonly sequence: number;
  /** The term at `LookRequest.through` and a digest of the entries up to it; `null` if it holds no such entry. */
  readonly part: { readonly term: number; readonly entries: string } | null;
}

export type Look =
  | OpenedLook
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  /** An error that is no plan. */
  | { readonly type: 'failed'; readonly message: string }
  /** The process did not survive it, or did not answer. */
  | { readonly type: 'ended'; readonly how: string };

const SCRIPT = fileURLToPath(new URL('look.ts', import.meta.url));
/** Bound: no start-up proof of a directory of these sizes takes longer, in milliseconds. */
const PATIENCE_MS = 30_000;

export class Looker implements AsyncDisposable {
  #child: ChildProcess | null = null;

  /** One question at a time. */
  async look(request: LookRequest): Promise<Look> {
    this.#child ??= fork(SCRIPT, { execArgv: ['--import', 'tsx'] });
    const child = this.#child;
    const listening = new AbortController();
    const { signal } = listening;
    const answers = once(child, 'message', { signal }).then(([look]) => look as Look);
    const ends = once(child, 'exit', { signal }).then(
      ([code, by]): Look => ({ type: 'ended', how: by ?? `exit code ${code}` }),
    );
    for (const waiting of [answers, ends]) waiting.catch(() => {});
    const tooLong = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    try {
      child.send(request);
      const look = await Promise.race([answers, ends]);
      if (look.type === 'ended') this.#child = null;
      return look;
    } finally {
      clearTimeout(tooLong);
      listening.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}
