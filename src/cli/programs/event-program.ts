/**
 * The program that `watch` runs for each change (CL41): one at a time and in order, so that the next change waits until
 * it has ended, here up to the bounds of a watch, and from then on at the server. The first that fails is the last.
 */
import type { WatchEvent, WatchRevision } from '../../client/index.ts';
import { decodeUtf8 } from '../../server/http/request/request-query.ts';
import type { CliContext } from '../command.ts';
import { CliFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { VARIABLE_BYTES_MAX, WATCH_COLUMN_MAX } from '../limits.ts';
import { shownBytes } from '../words/shown-bytes.ts';
import { isAtTerminal, requireProgram, runProgram } from './run-program.ts';

export class EventProgram {
  readonly #words: readonly string[];
  readonly #context: CliContext;
  #nextRevision: number | null = null;

  private constructor(words: readonly string[], context: CliContext) {
    this.#words = words;
    this.#context = context;
  }

  static async of(words: readonly string[], context: CliContext): Promise<EventProgram> {
    await requireProgram(words[0] ?? '', context.environment);
    return new EventProgram(words, context);
  }

  /** The first that was not told, or not to its end; `null`: none has come yet. */
  get nextRevision(): number | null {
    return this.#nextRevision;
  }

  async tell(
    { revision, events }: WatchRevision,
    jsonOf: (event: WatchEvent) => unknown,
  ): Promise<void> {
    this.#nextRevision = revision;
    const { environment, interrupted } = this.#context;
    for (const event of events) {
      const { code, signal } = await runProgram(this.#words, {
        environment: { ...environment, ...variablesOf(event) },
        input: `${JSON.stringify(jsonOf(event))}\n`,
        ending: interrupted,
        isAtTerminal: isAtTerminal(this.#context),
      });
      if (interrupted.aborted) return;
      if (code !== 0) throw programFailed(event, signal ?? `exit code ${code}`);
    }
    this.#nextRevision = revision + 1;
  }
}

/** Of a name that stands for nothing the variable is not there, also if this process has one. */
function variablesOf(event: WatchEvent): Readonly<Record<string, string | undefined>> {
  return {
    WATCH_TYPE: event.type,
    WATCH_KEY: variable(event.key),
    WATCH_VALUE: event.type === 'put' ? variable(event.value) : undefined,
    WATCH_REVISION: String(event.modRevision),
  };
}

/** No system lets a variable hold a zero byte, or any length. */
function variable(bytes: Uint8Array): string | undefined {
  if (bytes.length > VARIABLE_BYTES_MAX || bytes.includes(0)) return undefined;
  return decodeUtf8(bytes) ?? undefined;
}

function programFailed({ key, modRevision }: WatchEvent, fault: string): CliFailure {
  const name = shownBytes(key, WATCH_COLUMN_MAX);
  const text = `The program ended with ${fault} over ${name} at revision ${modRevision}. Go on with --from ${modRevision}, which tells that revision from its beginning.`;
  return new CliFailure(EXIT.no, text, 'RAFT_ABORTED');
}
