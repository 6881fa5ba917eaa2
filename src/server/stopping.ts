/** What long-lived streams are told when the server stops. */
import { RaftError } from '../core/errors.ts';

export function stopping(): RaftError {
  return new RaftError(
    'RAFT_STOPPED',
    'This node is stopping. Resume from the last revision you have seen, on another node.',
  );
}
