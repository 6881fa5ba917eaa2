/** Which failures of what is harmless twice are worth another try: all but those that will be the same again. */
import { RaftError } from '../core/errors.ts';

export function mayBeRepeated(error: unknown): boolean {
  if (!(error instanceof RaftError) || error.retry === 'never') return false;
  return error.code !== 'RAFT_STOPPED' && error.code !== 'RAFT_ABORTED';
}
