/** Completion for bash from 3.2 on, which the system of Apple still has: no arrays by name, no `mapfile` (CL43). */
import { unreachable } from '../../core/assert.ts';
import type { Completed, CompletedCommand, CompletedOption } from './completed-command.ts';

export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# Completion of raftchart for bash, by: raftchart completion bash
_raftchart_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_raftchart_paths() {
  local path
  compopt -o filenames 2> /dev/null
  # Name by name: in a list of words one with a star would stand for others.
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
}
_raftchart() {
  local at cur prev
  COMPREPLY=()
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD - 1]}
  # --name=value comes as three words.
  if [ "$cur" = = ]; then
    cur=
  elif [ "$prev" = = ]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    _raftchart_words '${names} --help --version'
    return
  fi
  for ((at = 2; at < COMP_CWORD; at++)); do
    if [ "\${COMP_WORDS[at]}" = -- ]; then
      _raftchart_program "$at"
      return
    fi
  done
  case $prev in
${valuesOf(commands).join('\n')}
  esac
  case \${COMP_WORDS[1]} in
${commands.map(commandCase).join('\n')}
  esac
}
_raftchart_program() {
  case \${COMP_WORDS[1]} in
    ${commandsWithProgram(commands)})
      if [ "$COMP_CWORD" -eq $(($1 + 1)) ]; then _raftchart_paths -c; else _raftchart_paths -f; fi
      ;;
  esac
}
complete -F _raftchart raftchart
`;
}

/** One option means the same wherever it stands. */
function valuesOf(commands: readonly CompletedCommand[]): readonly string[] {
  const flags = new Map<string, Set<string>>();
  for (const option of commands.flatMap(({ options }) => options)) {
    if (option.value === null) continue;
    const complete = completing(option.value);
    flags.set(complete, new Set([...(flags.get(complete) ?? []), ...flagsOf(option)]));
  }
  return [...flags].map(([complete, names]) => {
    const what = complete === '' ? '' : `${complete}; `;
    return `    ${[...names].join(' | ')}) ${what}return ;;`;
  });
}

function commandCase({ name, options, argument }: CompletedCommand): string {
  const flags = options.flatMap(flagsOf).join(' ');
  return `    ${name})
      case $cur in
        -*) _raftchart_words '${flags}' ;;
        *) ${completing(argument) || ':'} ;;
      esac
      ;;`;
}

function flagsOf({ name, short }: CompletedOption): readonly string[] {
  return [`--${name}`, ...(short === null ? [] : [`-${short}`])];
}

function completing(value: Completed): string {
  switch (value.type) {
    case 'words':
      return `_raftchart_words '${value.words.join(' ')}'`;
    case 'file':
      return '_raftchart_paths -f';
    case 'directory':
      return '_raftchart_paths -d';
    case 'unknown':
      return '';
    default:
      return unreachable(value);
  }
}

function commandsWithProgram(commands: readonly CompletedCommand[]): string {
  return commands.flatMap(({ name, takesProgram }) => (takesProgram ? [name] : [])).join(' | ');
}
