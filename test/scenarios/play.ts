/**
 * One play: a text of comments, commands and what everyone says to them. Performing it gives the same text with
 * what they say today; a play passes if nothing has changed.
 */
import { Cast } from './cast.ts';
import { COMMANDS } from './commands.ts';
import { PlayError } from './play-error.ts';
import { type PlantedFaults, Stage } from './stage.ts';

const COMMAND = '> ';
const OUTPUT = '  ';
/** Bound: so many lines are recognised as a block that repeats itself. */
const BLOCK_MAX = 4;
/** Before a command: of what comes of it only what clients hear is told. */
const QUIETLY = 'quietly';

/** Whoever watches a play, line by line. */
interface Spectator {
  /** The curtain has risen: the members are there, and nothing of the story has happened. */
  readonly opened?: (stage: Stage) => void;
  /** A line, and what came of it; the play waits for what this returns. */
  readonly told?: (lines: readonly string[]) => Promise<void> | null;
}

/** The whole text, performed anew. Throws a `PlayError` that names the line. */
export async function perform(
  text: string,
  faults: PlantedFaults = {},
  { opened = () => {}, told = () => null }: Spectator = {},
): Promise<string> {
  const performance = new Performance(faults, opened);
  const result: string[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.startsWith(OUTPUT)) continue;
    const lines = [line, ...(await performance.line(line, at + 1))];
    result.push(...lines);
    await told(lines);
  }
  return result.join('\n');
}

class Performance {
  readonly #faults: PlantedFaults;
  readonly #cast = new Cast();
  readonly #opened: (stage: Stage) => void;
  #stage: Stage | null = null;

  constructor(faults: PlantedFaults, opened: (stage: Stage) => void) {
    this.#faults = faults;
    this.#opened = opened;
  }

  /** What comes of it, where it is a command. */
  async line(line: string, number: number): Promise<readonly string[]> {
    if (line === '' || line.startsWith('#')) return [];
    try {
      return await this.#command(line);
    } catch (error) {
      throw new PlayError(`line ${number}, "${line}": ${textOf(error)}`, { cause: error });
    }
  }

  async #command(line: string): Promise<readonly string[]> {
    if (!line.startsWith(COMMAND)) throw new PlayError('a command begins with "> "');
    const all = line.slice(COMMAND.length).trim().split(/\s+/);
    const isQuiet = all[0] === QUIETLY;
    const [name = '', ...words] = isQuiet ? all.slice(1) : all;
    if (this.#stage === null && this.#cast.take(name, words)) return [];
    const command = COMMANDS[name];
    if (command === undefined) throw new PlayError(`there is no command "${name}"`);
    const stage = this.#stage ?? (await this.#open());
    await command(stage, words);
    stage.check();
    const lines = stage.takeLines();
    return gathered(isQuiet ? lines.filter(isForClient).map((line) => line.trim()) : lines).map(
      (said) => `${OUTPUT}${said}`,
    );
  }

  async #open(): Promise<Stage> {
    const stage = new Stage(this.#cast.build(this.#faults));
    this.#stage = stage;
    await stage.start();
    this.#opened(stage);
    return stage;
  }
}

function isForClient(line: string): boolean {
  return line.trim().startsWith('client of ');
}

/** The same lines several times in a row stand once, with how often. */
function gathered(lines: readonly string[]): readonly string[] {
  const result: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const { size, count } = repetitionAt(lines, at);
    const block = lines.slice(at, at + size);
    result.push(...block.map((line) => (count === 1 ? line : `${line} (×${count})`)));
    at += size * count;
  }
  return result;
}

/** The shortest block that is repeated from here on, and how often; one line once if none is. */
function repetitionAt(lines: readonly string[], at: number): { size: number; count: number } {
  for (let size = 1; size <= BLOCK_MAX; size += 1) {
    const block = lines.slice(at, at + size).join('\n');
    let count = 1;
    while (lines.slice(at + count * size, at + (count + 1) * size).join('\n') === block) count += 1;
    if (count > 1 && block !== '') return { size, count };
  }
  return { size: 1, count: 1 };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
