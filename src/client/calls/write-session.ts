/**
 * The sessions in which a client writes (§6.3): each write has a number of its own in one of them, and so may be sent
 * again until its outcome is known. A session is named by the client and opened by its first write, which costs no
 * round; one that was idle for long is left for another, so that an idle client costs a cluster nothing.
 */
import { RaftError } from '../../core/errors.ts';
import {
  clientMadeId,
  SESSION_ID_BYTES,
  type SessionCall,
  type SessionOpening,
} from '../../core/session.ts';
import type { ClientPorts } from '../client-ports.ts';
import {
  SESSION_IDLE_MS,
  SESSION_SPAN_MAX,
  SESSIONS_ANEW_MAX,
  WRITE_SESSION_TTL_MS,
} from '../limits.ts';

type Ports = Pick<ClientPorts, 'clock' | 'random'>;

export class WriteSessions {
  readonly #ports: Ports;
  readonly #askTime: () => void;
  #current: WriteSession | null = null;
  /** How far the clock of the servers is ahead of the own one, in milliseconds, once one was asked. */
  #aheadMs = 0;

  /** `askTime` is to bring about `learnTime`: the own clock is far from those of the servers. */
  constructor(ports: Ports, askTime: () => void) {
    this.#ports = ports;
    this.#askTime = askTime;
  }

  begin(): Writing {
    return new Writing(this);
  }

  /** The session for a new write: the present one, unless it may be over soon, or is too long to be told apart. */
  session(): WriteSession {
    const now = this.#ports.clock.now();
    if (this.#current?.isFit(now) !== true) this.#current = this.#create(now);
    this.#current.usedAtMs = now;
    return this.#current;
  }

  /** It is over, or was never opened. */
  lost(session: WriteSession): void {
    if (session === this.#current) this.#current = null;
    if (!session.isOpen) this.#askTime();
  }

  /** The time of a server, in milliseconds since 1970. */
  learnTime(timeMs: number): void {
    this.#aheadMs = timeMs - this.#ports.clock.wallTimeMs();
    this.#current = null;
  }

  #create(now: number): WriteSession {
    const { clock, random } = this.#ports;
    const chance = Uint8Array.from({ length: SESSION_ID_BYTES }, () =>
      Math.floor(random.next() * 256),
    );
    const notAfterMs = Math.floor(clock.wallTimeMs() + this.#aheadMs) + WRITE_SESSION_TTL_MS;
    return new WriteSession(clientMadeId(chance), { ttlMs: WRITE_SESSION_TTL_MS, notAfterMs }, now);
  }
}

class WriteSession {
  readonly id: Uint8Array;
  readonly #opening: SessionOpening;
  readonly #createdAtMs: number;
  usedAtMs: number;
  /** One of its writes was answered: the others need not open it. */
  isOpen = false;
  readonly #waiting = new Set<number>();
  #newest = 0;
  /** Nobody waits for any through here. */
  #through = 0;

  constructor(id: Uint8Array, opening: SessionOpening, now: number) {
    this.id = id;
    this.#opening = opening;
    this.#createdAtMs = now;
    this.usedAtMs = now;
  }

  isFit(now: number): boolean {
    if (this.#newest - this.#through >= SESSION_SPAN_MAX) return false;
    return now - (this.isOpen ? this.usedAtMs : this.#createdAtMs) < SESSION_IDLE_MS;
  }

  next(): number {
    this.#newest += 1;
    this.#waiting.add(this.#newest);
    return this.#newest;
  }

  callOf(sequence: number): SessionCall {
    const opening = this.isOpen ? null : this.#opening;
    return { session: this.id, sequence, acknowledgedThrough: this.#through, opening };
  }

  ended(sequence: number): void {
    this.#waiting.delete(sequence);
    while (this.#through < this.#newest && !this.#waiting.has(this.#through + 1)) {
      this.#through += 1;
    }
  }
}

/** One write, which may be sent again. */
class Writing {
  readonly #sessions: WriteSessions;
  /** Where it stands; `null`: it was not sent yet. */
  #place: { readonly session: WriteSession; readonly sequence: number } | null = null;
  #anew = 0;

  constructor(sessions: WriteSessions) {
    this.#sessions = sessions;
  }

  get call(): SessionCall {
    if (this.#place === null) {
      const session = this.#sessions.session();
      this.#place = { session, sequence: session.next() };
    }
    return this.#place.session.callOf(this.#place.sequence);
  }

  /** It was carried out, now or before. */
  answered(): void {
    if (this.#place === null) return;
    this.#place.session.isOpen = true;
    this.ended();
  }

  /** Nobody waits for it any more, or it begins anew. */
  ended(): void {
    this.#place?.session.ended(this.#place.sequence);
    this.#place = null;
  }

  /**
   * Whether to send it again after a server's refusal; `mayHaveHappened`: of an earlier sending it is not known what
   * became of it. What was refused for its session alone was not done, and is done in another; what another leader's entry
   * took the place of is done anew.
   */
  repeats(error: RaftError, mayHaveHappened: boolean): boolean {
    if (ANEW.has(error.code)) return !mayHaveHappened && this.#beginsAnew();
    if (error.code === 'RAFT_OVERWRITTEN') return true;
    return error.retry === 'outcomeUnknown' || (mayHaveHappened && error.retry === 'safe');
  }

  #beginsAnew(): boolean {
    if (this.#place !== null) this.#sessions.lost(this.#place.session);
    this.ended();
    this.#anew += 1;
    return this.#anew <= SESSIONS_ANEW_MAX;
  }
}

export type { Writing };

const ANEW: ReadonlySet<string> = new Set(['RAFT_SESSION_EXPIRED', 'RAFT_SEQUENCE_PASSED']);

/** What a server says of the last sending, where an earlier one may have taken effect. */
export function notKnown(error: RaftError): RaftError {
  const isKnown = error.code === 'RAFT_ANSWER_GONE' || error.retry === 'outcomeUnknown';
  if (isKnown) return error;
  return new RaftError(
    'RAFT_OUTCOME_UNKNOWN',
    `The write was sent more than once, and what became of the first is not known: ${error.message}`,
    { cause: error },
  );
}
