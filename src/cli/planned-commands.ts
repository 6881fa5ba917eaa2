/** Promised commands that are not built yet: they say so, and never pretend (CL19). */
import { RaftError } from '../core/errors.ts';
import { CLIENT_OPTIONS } from './client-session.ts';
import { type Command, command } from './command.ts';
import { NOT_BUILT } from './command-help.ts';
import type { OptionName } from './option-table.ts';

function planned(name: string, usage: string, what: string): Command {
  return command({
    name,
    usage,
    summary: `${what}. ${NOT_BUILT}`,
    options: [...(OWN_OPTIONS[name] ?? []), ...CLIENT_OPTIONS],
    positionals: [0, 3],
    run: async () => {
      const text = 'not built yet; nothing was done. See the README for what is.';
      throw new RaftError('RAFT_NOT_IMPLEMENTED', text);
    },
  });
}

/** What else they will take. */
const OWN_OPTIONS: Readonly<Record<string, readonly OptionName[]>> = {
  recover: ['data-dir', 'dry-run'],
};

export const PLANNED_COMMANDS: readonly Command[] = [
  planned('recover', '--data-dir DIR [--dry-run]', 'Recover after a quorum is lost for good'),
];
