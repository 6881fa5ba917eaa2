/** Promised commands that are not built yet: they say so, and never pretend (CL19). */
import { RaftError } from '../core/errors.ts';
import { CLIENT_OPTIONS } from './client-session.ts';
import { type Command, command } from './command.ts';

function planned(name: string, usage: string, what: string): Command {
  return command({
    name,
    usage,
    summary: `${what}. Not built yet.`,
    options: name === 'transfer' ? ['to', ...CLIENT_OPTIONS] : CLIENT_OPTIONS,
    required: [],
    positionals: [0, 3],
    run: async () => {
      const text = `raftchart ${name} is not built yet; nothing was done. See the README for what is.`;
      throw new RaftError('RAFT_NOT_IMPLEMENTED', text);
    },
  });
}

export const PLANNED_COMMANDS: readonly Command[] = [
  planned('members', '', 'List the members'),
  planned('member', 'add ID HOST:PORT | promote ID | remove ID', 'Change the membership'),
  planned('transfer', '[--to ID]', 'Hand leadership over'),
  planned('snapshot', '', 'Take a snapshot'),
];
