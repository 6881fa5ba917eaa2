/**
 * How the command ends: the numbers of BSD's sysexits, so that scripts and supervisors can tell "try
 * again" from "somebody has to look" (CL16). `docs/errors.md` shows the same table.
 */
import type { RaftError, RaftErrorCode } from '../../core/errors.ts';

export const EXIT = {
  clean: 0,
  /** The answer is no: the key is missing, a condition did not hold. */
  no: 1,
  usage: 64,
  unavailable: 69,
  invariantBroken: 70,
  storageFailed: 74,
  temporary: 75,
  denied: 77,
  wrongConfiguration: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.clean]: 'done, or stopped as asked',
  [EXIT.no]:
    'the answer is no: the key or the member is missing, a condition did not hold, a revision is gone or yet to come; or the program of a watch failed',
  [EXIT.usage]:
    'the command line or the input is wrong, or the process may open too few files (ulimit -n)',
  [EXIT.unavailable]: 'no server answers, there is no leader, or the address is taken',
  [EXIT.invariantBroken]:
    'the node found one of its own rules broken and stopped, or the program has a fault',
  [EXIT.storageFailed]: 'the disk failed while the node ran, or the output could not be written',
  [EXIT.temporary]: 'timed out, overloaded, or the outcome is unknown: see the message',
  [EXIT.denied]: 'the servers do not know the caller, or it lacks the right',
  [EXIT.wrongConfiguration]:
    'the data directory is of another node, damaged or unusable, the cluster does not take this node, the configuration file is wrong, or settings contradict each other',
};

const EXIT_BY_CODE: Readonly<Record<RaftErrorCode, ExitCode>> = {
  RAFT_ABORTED: EXIT.temporary,
  RAFT_ANSWER_GONE: EXIT.no,
  RAFT_BAD_REQUEST: EXIT.usage,
  RAFT_COMMAND_REFUSED: EXIT.no,
  RAFT_COMPACTED: EXIT.no,
  RAFT_CONDITION_FAILED: EXIT.no,
  RAFT_CONFLICT: EXIT.no,
  RAFT_FORBIDDEN: EXIT.denied,
  RAFT_FUTURE_REVISION: EXIT.no,
  RAFT_HALTED: EXIT.unavailable,
  RAFT_INVARIANT_VIOLATED: EXIT.invariantBroken,
  RAFT_LEASE_EXPIRED: EXIT.no,
  RAFT_LOG_REFUSED: EXIT.wrongConfiguration,
  RAFT_NOT_FOUND: EXIT.no,
  RAFT_NO_LEADER: EXIT.unavailable,
  RAFT_NOT_LEADER: EXIT.unavailable,
  RAFT_NO_SNAPSHOTS: EXIT.no,
  RAFT_OUTCOME_UNKNOWN: EXIT.temporary,
  RAFT_OVERLOADED: EXIT.temporary,
  RAFT_OVERWRITTEN: EXIT.temporary,
  RAFT_SEQUENCE_PASSED: EXIT.no,
  RAFT_SESSION_EXPIRED: EXIT.no,
  RAFT_STATE_MACHINE_FAILED: EXIT.invariantBroken,
  RAFT_STOPPED: EXIT.unavailable,
  RAFT_STORAGE_FAILED: EXIT.storageFailed,
  RAFT_TIMED_OUT: EXIT.temporary,
  RAFT_TOO_LARGE: EXIT.usage,
  RAFT_TRANSFER_REFUSED: EXIT.temporary,
  RAFT_UNAUTHENTICATED: EXIT.denied,
  RAFT_UNREACHABLE: EXIT.unavailable,
  RAFT_UPGRADE_NEEDED: EXIT.temporary,
  RAFT_WATCH_TOO_SLOW: EXIT.temporary,
  RAFT_WRONG_IDENTITY: EXIT.wrongConfiguration,
};

/** What may usually be tried again, and this once is in vain: the answer is no. */
export function exitCodeOf({ code, retry }: Pick<RaftError, 'code' | 'retry'>): ExitCode {
  const usual = EXIT_BY_CODE[code];
  return usual === EXIT.temporary && retry === 'never' ? EXIT.no : usual;
}
