/** Completion for zsh, to be sourced or to lie in a directory of `fpath` as `_raftchart` (CL43). */
import { unreachable } from '../../core/assert.ts';
import type { Completed, CompletedCommand, CompletedOption } from './completed-command.ts';

export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, help }) => `    ${quoted(`${name}:${help}`)}`);
  return `#compdef raftchart
# Completion of raftchart for zsh, by: raftchart completion zsh
compdef _raftchart raftchart
_raftchart() {
  local curcontext="$curcontext" state
  local -a line commands
  commands=(
${described.join('\n')}
  )
  _arguments -C '(- *)'{-h,--help}'[Show what it does and takes]' '(- *)--version[Show which version this is]' '1: :->command' '*:: :->argument'
  case $state in
    command) _describe -t commands 'raftchart command' commands ;;
    argument)
      case $line[1] in
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}
# Runs only when it was loaded from a file of its own.
if [ "$funcstack[1]" = "_raftchart" ]; then _raftchart "$@"; fi
`;
}

function commandCase({ name, options, argument, takesProgram }: CompletedCommand): string {
  const specs = [
    ...options.map(optionSpec),
    ...(takesProgram
      ? [quoted('(-)1: :_command_names -e'), quoted('*: :_files')]
      : [quoted(`*: :${completing(argument)}`)]),
  ];
  return `        ${name})
          _arguments -S ${specs.join(' \\\n            ')}
          ;;`;
}

function optionSpec({ name, short, help, placeholder, value }: CompletedOption): string {
  const described = `[${help.replaceAll(/[[\]\\]/g, '\\$&')}]`;
  const takes = value === null ? '' : `:${escaped(placeholder)}:${completing(value)}`;
  const equals = value === null ? '' : '=';
  if (short === null) return quoted(`--${name}${equals}${described}${takes}`);
  const both = `'(-${short} --${name})'{-${short},--${name}${equals}}`;
  return `${both}${quoted(`${described}${takes}`)}`;
}

function completing(value: Completed): string {
  switch (value.type) {
    case 'words':
      return `(${value.words.join(' ')})`;
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'unknown':
      return ' ';
    default:
      return unreachable(value);
  }
}

function escaped(message: string): string {
  return message.replaceAll(/[:\\]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
