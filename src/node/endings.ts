/** How a node ends, in words for those who wait, and without one part keeping another from its end. */
import { InvariantViolation } from '../core/assert.ts';
import { RaftError } from '../core/errors.ts';
import { textOf } from '../core/thrown-text.ts';

/** What an orderly end means to callers. */
export function stopped(retry: 'safe' | 'outcomeUnknown'): RaftError {
  const said =
    retry === 'safe'
      ? 'nothing was done; ask another member'
      : 'whether it took effect is unknown; read before you repeat it';
  return new RaftError('RAFT_STOPPED', `this member is closing: ${said}`, { retry });
}

/** What a halt means to callers: of what was queued nothing was done, what was appended may yet be committed. */
export function fatesOf({
  code,
  message,
  cause,
}: RaftError): [refusal: RaftError, unknown: RaftError] {
  const refused = `${message} (nothing was done: ask another member)`;
  const undecided = `${message} (the command may have taken effect: read before you repeat it)`;
  return [
    new RaftError(code, refused, { retry: 'safe', cause }),
    new RaftError(code, undecided, { retry: 'outcomeUnknown', cause }),
  ];
}

/** Ends twice what ends once: whoever asks again waits for the same end. */
export function once(end: () => Promise<void>): () => Promise<void> {
  let ended: Promise<void> | null = null;
  return () => {
    ended ??= end();
    return ended;
  };
}

/** Performs each of them, whatever becomes of the others: why the node halts is known already. */
export function endEach(ends: readonly (() => unknown)[]): void {
  for (const end of ends) {
    try {
      end();
    } catch {}
  }
}

export function asRaftError(error: unknown): RaftError {
  if (error instanceof RaftError) return error;
  const code = error instanceof InvariantViolation ? error.code : 'RAFT_HALTED';
  return new RaftError(code, `this member has halted: ${textOf(error)}`, { cause: error });
}
