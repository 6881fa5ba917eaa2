/** Completion for fish, to be sourced or to lie in its directory of completions as `raftchart.fish` (CL43). */
import { unreachable } from '../../core/assert.ts';
import type { Completed, CompletedCommand, CompletedOption } from './completed-command.ts';

export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return `# Completion of raftchart for fish, by: raftchart completion fish
function __raftchart_is
  set -l words (commandline -opc)
  test (count $words) -gt 1; and test $words[2] = $argv[1]; and not contains -- -- $words
end
function __raftchart_runs
  set -l words (commandline -opc)
  test (count $words) -gt 1; and test $words[2] = $argv[1]; and contains -- -- $words
end
complete -c raftchart -f
complete -c raftchart -n '__fish_is_first_token' -s h -l help -d 'Show what it does and takes'
complete -c raftchart -n '__fish_is_first_token' -l version -d 'Show which version this is'
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf(command: CompletedCommand): readonly string[] {
  const { name, help, options, argument, takesProgram } = command;
  const when = `complete -c raftchart -n '__raftchart_is ${name}'`;
  const words = completing(argument);
  return [
    `complete -c raftchart -n '__fish_is_first_token' -a ${name} -d ${quoted(help)}`,
    ...(words === '-x' ? [] : [`${when} ${words.replace(/^-x |^-r /, '')}`]),
    ...options.map((option) => `${when} ${optionWords(option)}`),
    ...(takesProgram
      ? [`complete -c raftchart -n '__raftchart_runs ${name}' -F -a '(__fish_complete_command)'`]
      : []),
  ];
}

function optionWords({ name, short, help, value }: CompletedOption): string {
  const takes = value === null ? [] : [completing(value)];
  const letter = short === null ? [] : [`-s ${short}`];
  return [...letter, `-l ${name}`, ...takes, `-d ${quoted(help)}`].join(' ');
}

/** `-x`: a value, and no file; `-r -F`: a value that is a file. */
function completing(value: Completed): string {
  switch (value.type) {
    case 'words':
      return `-x -a ${quoted(value.words.join(' '))}`;
    case 'file':
      return '-r -F';
    case 'directory':
      return "-x -a '(__fish_complete_directories)'";
    case 'unknown':
      return '-x';
    default:
      return unreachable(value);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
