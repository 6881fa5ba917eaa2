/** The manual page `raftchart(1)`, made from the tables of commands, options and exit codes as the help is (CL44). */
import type { HelpSubject } from '../command-help.ts';
import { EXIT_MEANINGS } from '../failures/exit-codes.ts';
import type { OptionSpec } from '../options/option-spec.ts';
import { environmentName, OPTIONS, type OptionName } from '../options/option-table.ts';
import { bold, italic, plain } from './roff.ts';

export function manualPage(subjects: readonly HelpSubject[], version: string): string {
  return [
    `.TH RAFTCHART 1 "" "raftchart ${plain(version)}" "User Commands"`,
    // A word of a command line is never broken, nor stretched.
    '.nh',
    '.ad l',
    ...section('NAME', ['raftchart \\- Raft for Node.js, with a durable key\\-value server']),
    ...section('SYNOPSIS', [`${bold('raftchart')} ${italic('COMMAND')} [${italic('OPTION')}]...`]),
    ...section('DESCRIPTION', DESCRIPTION.map(plain)),
    ...section('COMMANDS', subjects.flatMap(commandLines)),
    ...section('OPTIONS', [plain(PRECEDENCE), ...optionsOf(subjects).flatMap(optionLines)]),
    ...section('EXIT STATUS', Object.entries(EXIT_MEANINGS).flatMap(exitLines)),
    ...section('EXAMPLES', EXAMPLES.flatMap(exampleLines)),
    ...section('SEE ALSO', [plain(SEE_ALSO)]),
    '',
  ].join('\n');
}

const DESCRIPTION = [
  'A cluster of servers keeps the same keys and values: what was acknowledged is on the disks of a majority. Any server takes any request.',
];
const PRECEDENCE =
  'A flag wins over its environment variable, that over the default. A word that begins with - and is no option stands behind --.';
const SEE_ALSO =
  'The pages of the package: README.md, and in docs SHELL.md for keys from the shell, OPERATING.md for what a running node tells, HTTP.md, CLIENT.md, LIBRARY.md, errors.md.';
const EXAMPLES: readonly (readonly [what: string, line: string])[] = [
  ['Try a cluster of three on this machine:', 'raftchart demo'],
  ['Run one node, and write and read a key:', 'raftchart serve --id alone --data-dir ./alone'],
  ['', 'raftchart put hello world && raftchart get hello'],
  ['Write only if nobody was there before:', 'raftchart put leader me --if-revision 0'],
  ['Do something at each change:', "raftchart watch --prefix config/ -- sh -c 'echo $WATCH_KEY'"],
  [
    'Let nobody in but those with a token, and make one for the keys below builds/:',
    'raftchart access on > root-token',
  ],
  ['', 'export RAFTCHART_TOKEN_FILE=root-token'],
  ['', 'raftchart role grant builder builds/ read,write'],
  ['', 'raftchart token create ci --role builder > ci-token'],
];

function section(name: string, lines: readonly string[]): readonly string[] {
  return [`.SH ${name}`, ...lines];
}

function commandLines({ name, usage, summary, options, required }: HelpSubject): readonly string[] {
  const flags = options.map((option) => `${bold(flagOf(option))}`);
  const needed = required.map((option) => bold(flagOf(option)));
  return [
    `.SS ${bold('raftchart')} ${bold(name)} ${plain(usage)}`.trimEnd(),
    plain(summary),
    ...(flags.length === 0 ? [] : ['.PP', `Options: ${flags.join(', ')}.`]),
    ...(needed.length === 0 ? [] : [`Required: ${needed.join(', ')}.`]),
  ];
}

/** Each once, in the order of the alphabet. */
function optionsOf(subjects: readonly HelpSubject[]): readonly OptionName[] {
  return [...new Set(subjects.flatMap(({ options }) => options))].sort();
}

function optionLines(name: OptionName): readonly string[] {
  const { short, placeholder, help, isFlag, default: preset }: OptionSpec<unknown> = OPTIONS[name];
  const flags = [...(short === undefined ? [] : [`-${short}`]), flagOf(name)].map(bold).join(', ');
  const value = placeholder === '' ? '' : ` ${italic(placeholder)}`;
  const usual = preset === null || isFlag ? '' : `Default: ${plain(preset)}. `;
  return [
    '.TP',
    `${flags}${value}`,
    plain(help),
    '.br',
    `${usual}${plain(environmentName(name))}.`,
  ];
}

function exitLines([code, meaning]: readonly [string, string]): readonly string[] {
  return ['.TP', bold(code), plain(meaning)];
}

function exampleLines([what, line]: readonly [string, string]): readonly string[] {
  return [...(what === '' ? [] : ['.PP', plain(what)]), '.PP', '.nf', `    ${plain(line)}`, '.fi'];
}

function flagOf(name: OptionName): string {
  return `--${name}`;
}
