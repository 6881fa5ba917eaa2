/** `completion`: a script by which a shell completes commands, options and their values (CL43). */
import { type Command, command } from '../command.ts';
import type { HelpSubject } from '../command-help.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { bashCompletion } from '../shells/bash-completion.ts';
import { type CompletedCommand, completedCommands } from '../shells/completed-command.ts';
import { fishCompletion } from '../shells/fish-completion.ts';
import { zshCompletion } from '../shells/zsh-completion.ts';

const SCRIPTS: ReadonlyMap<string, (commands: readonly CompletedCommand[]) => string> = new Map([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
]);

/** `subjects`: of which it is one. */
export function completionCommand(subjects: () => readonly HelpSubject[]): Command {
  return command({
    name: 'completion',
    usage: [...SCRIPTS.keys()].join('|'),
    words: [...SCRIPTS.keys()],
    summary:
      'Print what lets a shell complete commands, options and their values. For bash, put into ~/.bashrc: source <(raftchart completion bash)',
    options: [],
    positionals: [1, 1],
    run: async ({ positionals: [shell = ''] }, context) => {
      const script = SCRIPTS.get(shell);
      if (script === undefined)
        throw usageFailure(
          `${shell} is no shell that is known: ${[...SCRIPTS.keys()].join(', ')}.`,
        );
      context.write(script(completedCommands(subjects())));
      return EXIT.clean;
    },
  });
}
