/** The help pages, made from the tables of commands, options and exit codes (CL12). */
import { EXIT_MEANINGS } from './failures/exit-codes.ts';
import type { OptionSpec } from './options/option-spec.ts';
import { environmentName, OPTIONS, type OptionName } from './options/option-table.ts';

/** What the help shows of a command. */
export interface HelpSubject {
  readonly name: string;
  /** What follows the name: `KEY VALUE`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionName[];
  readonly required: readonly OptionName[];
  /** What its first argument may be, where that is one of a few words. */
  readonly words?: readonly string[];
  /** Behind `--` may stand a program with its arguments. */
  readonly takesProgram?: true;
  /** Given if options may stand in a file besides. */
  readonly file?: object;
}

const WIDTH = 96;
const INDENT = 6;
const INDENT_OF_ENTRIES = 2;

export function commandHelp(subject: HelpSubject): string {
  const { file, name, usage, summary, options, required } = subject;
  const order = file === undefined ? 'that over' : 'that over the file, and that over';
  return [
    `raftchart ${`${name} ${usage}`.trim()}`,
    '',
    ...wrap(summary, 0),
    '',
    `Options (a flag wins over its environment variable, ${order} the default):`,
    ...options.flatMap((option) => optionHelp(option, required.includes(option))),
    '  -h, --help',
    '',
  ].join('\n');
}

export function overviewHelp(subjects: readonly HelpSubject[]): string {
  const column = Math.max(...subjects.map(({ name }) => name.length)) + 4;
  return [
    'raftchart: Raft for Node.js, with a durable key-value server',
    '',
    'Commands (raftchart COMMAND --help shows the options of each):',
    ...subjects.flatMap(({ name, summary }) => entry(name.padEnd(column), inBrief(summary))),
    '',
    'Exit codes:',
    ...Object.entries(EXIT_MEANINGS).flatMap(([code, meaning]) =>
      entry(`${code.padStart(3)}  `, meaning),
    ),
    '',
    'Start here: raftchart demo',
    '',
  ].join('\n');
}

/** What goes on below stands under where it began. */
function entry(head: string, text: string): readonly string[] {
  const [first = '', ...rest] = wrap(text, INDENT_OF_ENTRIES + head.length);
  return [`${' '.repeat(INDENT_OF_ENTRIES)}${head}${first.trimStart()}`, ...rest];
}

/** The first sentence. */
export function inBrief(summary: string): string {
  return (summary.split('. ')[0] ?? '').replace(/\.$/, '');
}

function optionHelp(name: OptionName, isRequired: boolean): readonly string[] {
  const spec: OptionSpec<unknown> = OPTIONS[name];
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const facts = [
    ...(isRequired ? ['required'] : []),
    ...(spec.default === null || spec.isFlag ? [] : [`default ${spec.default}`]),
    environmentName(name),
  ];
  return [
    `  ${short}--${name} ${spec.placeholder}`.trimEnd(),
    ...wrap(spec.help, INDENT),
    `${' '.repeat(INDENT)}[${facts.join(', ')}]`,
  ];
}

function wrap(text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length + indent > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((each) => `${' '.repeat(indent)}${each}`);
}
