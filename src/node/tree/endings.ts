/** How a node ends, in words for those who wait. */
import { RaftError } from '../../core/errors.ts';

/** Why a node ends, and what that means to those who wait: their calls were not done, or nobody can say. */
export interface End {
  /** `null`: it was told to stop. */
  readonly error: RaftError | null;
  readonly refusal: RaftError;
  readonly undecided: RaftError;
}

/** What ends with a node. From then on it does nothing, and what was under way changes nothing when it is done. */
export interface Part {
  end(end: End): void;
}

/** An orderly end. */
export function stopped(): End {
  const stop = (retry: 'safe' | 'outcomeUnknown', said: string): RaftError =>
    new RaftError('RAFT_STOPPED', `this member is closing: ${said}`, { retry });
  return {
    error: null,
    refusal: stop('safe', 'nothing was done; ask another member'),
    undecided: stop(
      'outcomeUnknown',
      'whether it took effect is unknown; read before you repeat it',
    ),
  };
}

/** Of what was queued nothing was done, what was appended may yet be committed. */
export function halted(error: RaftError): End {
  const { code, message, cause } = error;
  const refused = `${message} (nothing was done: ask another member)`;
  const unknown = `${message} (the command may have taken effect: read before you repeat it)`;
  return {
    error,
    refusal: new RaftError(code, refused, { retry: 'safe', cause }),
    undecided: new RaftError(code, unknown, { retry: 'outcomeUnknown', cause }),
  };
}
