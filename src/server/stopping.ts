/** What clients and long-lived streams are told when the server stops, or its node has halted. */
import { RaftError } from '../core/errors.ts';

export function stopping(): RaftError {
  return new RaftError(
    'RAFT_STOPPED',
    'This node is stopping. Resume from the last revision you have seen, on another node.',
  );
}

/** Nothing was done of what is asked from now on: another node can do it (FS4). */
export function haltedError(cause: RaftError): RaftError {
  return new RaftError(
    'RAFT_HALTED',
    `This node has halted (${cause.code}: ${cause.message}) and answers no more. Ask another node.`,
    { cause, retry: 'safe' },
  );
}
