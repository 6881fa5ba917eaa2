/** What a shell has to know of a command to complete it: all of it from the tables of commands and options (CL43). */
import { type HelpSubject, inBrief } from '../command-help.ts';
import type { OptionSpec } from '../options/option-spec.ts';
import { OPTIONS, type OptionName } from '../options/option-table.ts';

/** What comes next on the command line: one of these words, a name of the file system, or what only the user knows. */
export type Completed =
  | { readonly type: 'words'; readonly words: readonly string[] }
  | { readonly type: 'file' | 'directory' | 'unknown' };

export interface CompletedOption {
  readonly name: string;
  readonly short: string | null;
  readonly help: string;
  /** In the help, for its value. */
  readonly placeholder: string;
  /** `null`: no value follows. */
  readonly value: Completed | null;
}

export interface CompletedCommand {
  readonly name: string;
  readonly help: string;
  readonly options: readonly CompletedOption[];
  readonly argument: Completed;
  readonly takesProgram: boolean;
}

const HELP: CompletedOption = {
  ...{
    name: 'help',
    short: 'h',
    help: 'Show what it does and takes',
    placeholder: '',
    value: null,
  },
};

export function completedCommands(subjects: readonly HelpSubject[]): readonly CompletedCommand[] {
  return [...subjects.map(completedCommand), helpCommand(subjects)];
}

function completedCommand(subject: HelpSubject): CompletedCommand {
  const { name, summary, options, takesProgram = false } = subject;
  return {
    name,
    help: inBrief(summary),
    options: [...options.map(completedOption), HELP],
    argument: argumentOf(subject),
    takesProgram,
  };
}

/** Not a command of its own: the first word of `raftchart help COMMAND`. */
function helpCommand(subjects: readonly HelpSubject[]): CompletedCommand {
  const words = subjects.map(({ name }) => name);
  const argument = { type: 'words', words } as const;
  return { name: 'help', help: HELP.help, options: [], argument, takesProgram: false };
}

function completedOption(name: OptionName): CompletedOption {
  const spec: OptionSpec<unknown> = OPTIONS[name];
  const { short = null, help, placeholder, isFlag = false } = spec;
  return {
    name,
    short,
    help: inBrief(help),
    placeholder,
    value: isFlag ? null : completedValue(spec),
  };
}

function completedValue({ kind, placeholder }: OptionSpec<unknown>): Completed {
  if (kind.words !== undefined) return { type: 'words', words: kind.words };
  return named(placeholder);
}

/** Of the usage, what stands in brackets is an option. */
function argumentOf({ words, usage }: HelpSubject): Completed {
  if (words !== undefined) return { type: 'words', words };
  return named(
    usage
      .replaceAll(/\[[^\]]*\]/g, '')
      .trim()
      .split(' ')[0] ?? '',
  );
}

/** As the help calls it. */
function named(placeholder: string): Completed {
  if (placeholder === 'FILE') return { type: 'file' };
  return { type: placeholder === 'DIR' ? 'directory' : 'unknown' };
}
