/** What a session answers instead of a result: nothing was done by this entry, and every replica says so alike. */
import { RaftError, type RaftErrorCode } from '../core/errors.ts';

type SessionRefusalCode = Extract<
  RaftErrorCode,
  | 'RAFT_ANSWER_GONE'
  | 'RAFT_BAD_REQUEST'
  | 'RAFT_OVERLOADED'
  | 'RAFT_SEQUENCE_PASSED'
  | 'RAFT_SESSION_EXPIRED'
>;

/** A result of an entry of a session, told from those of commands by its class. */
export class SessionRefusal {
  readonly code: SessionRefusalCode;

  constructor(code: SessionRefusalCode) {
    this.code = code;
  }

  get error(): RaftError {
    return new RaftError(this.code, TEXTS[this.code]);
  }
}

const TEXTS: Readonly<Record<SessionRefusalCode, string>> = {
  RAFT_ANSWER_GONE:
    'the command took effect when it came first; its answer is kept no longer: do not repeat it, read what you need',
  RAFT_BAD_REQUEST: 'the bytes are no entry of a session: nothing was done, on every replica alike',
  RAFT_OVERLOADED:
    'there are as many sessions as there may be, and none is past its time: nothing was done; try again later',
  RAFT_SEQUENCE_PASSED:
    'the sequence lies behind what its session remembers: this request did nothing, and whether an earlier copy of it did is no longer known; read before you go on, with a newer sequence',
  RAFT_SESSION_EXPIRED:
    'the session is over or never was: this request did nothing; an earlier copy of it may have taken effect, so read before you repeat it in a new session',
};

export const EXPIRED = new SessionRefusal('RAFT_SESSION_EXPIRED');
export const GONE = new SessionRefusal('RAFT_ANSWER_GONE');
export const MALFORMED = new SessionRefusal('RAFT_BAD_REQUEST');
export const PASSED = new SessionRefusal('RAFT_SEQUENCE_PASSED');
export const TOO_MANY = new SessionRefusal('RAFT_OVERLOADED');
