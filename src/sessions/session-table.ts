/**
 * All sessions (§6.3): a function of the log alone. It knows the time by the entries, never by a clock, so that it is
 * the same on every replica, however the log was cut into batches (SE9). Who carries commands out is not its affair:
 * it says whether to, and is told the answer.
 */
import { assert } from '../core/assert.ts';
import type { SessionCall } from '../core/session.ts';
import { FIRST_MACHINE_VERSION } from '../core/versions.ts';
import {
  SESSION_BOUNDS,
  type SessionBounds,
  SHARE_LET_GO,
  SWEEP_EVERY_MS,
  TIME_MS_MAX,
} from './limits.ts';
import { Session, type SessionBirth } from './session.ts';
import { EXPIRED, GONE, PASSED, type SessionRefusal, TOO_MANY } from './session-refusal.ts';

/** What becomes of a command: it is new, or this is its answer, or it is refused. */
type Verdict =
  | { readonly type: 'fresh'; readonly session: Session }
  | { readonly type: 'repeated'; readonly answer: Uint8Array }
  | { readonly type: 'refused'; readonly refusal: SessionRefusal };

/** Hears of each session just before it changes or goes. */
type BeforeChange = (session: Session) => void;

export class SessionTable {
  readonly bounds: SessionBounds;
  /** The newest version of the machine inside that a command has needed (UP5): it stands in front of a snapshot, as this table does. */
  versionInUse = FIRST_MACHINE_VERSION;
  readonly #sessions = new Map<string, Session>();
  /** Those that remember commands; who wrote longest ago comes first. */
  readonly #holders = new Set<Session>();
  #latest: Session | null = null;
  #timeMs = 0;
  #sweptAtMs = 0;
  #answerBytes = 0;
  #commands = 0;
  readonly #watchers = new Set<BeforeChange>();

  constructor(bounds: Partial<SessionBounds> = {}) {
    this.bounds = { ...SESSION_BOUNDS, ...bounds };
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Bytes of the answers that it keeps, and how many commands it remembers. */
  get answerBytes(): number {
    return this.#answerBytes;
  }

  get commands(): number {
    return this.#commands;
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  get sweptAtMs(): number {
    return this.#sweptAtMs;
  }

  /** While someone looks at it as it was (`table-view.ts`). Returns how to stop. */
  watchChanges(beforeChange: BeforeChange): () => void {
    this.#watchers.add(beforeChange);
    return () => this.#watchers.delete(beforeChange);
  }

  /** In an order that all replicas have: those that remember commands by their last write, then the others by name. */
  inOrder(): readonly Session[] {
    const others = [...this.#sessions.values()].filter((session) => !this.#holders.has(session));
    others.sort((left, right) => (left.birth.key < right.birth.key ? -1 : 1));
    return [...this.#holders, ...others];
  }

  /** Time never falls along the log (SE7). Bound: what no clock says is no time to count on from. */
  advance(timeMs: number): void {
    this.#timeMs = Math.max(this.#timeMs, Math.min(timeMs, TIME_MS_MAX));
  }

  /** `null`: it is open. */
  open(birth: SessionBirth): SessionRefusal | null {
    const found = this.#sessions.get(birth.key);
    assert(found === undefined, 'SE5: an entry opens a session of its own');
    const opened = this.#create(birth);
    return opened instanceof Session ? null : opened;
  }

  /** `null`: there is none. */
  renew(key: string): Session | null {
    const session = this.#living(key);
    if (session !== null) this.#touch(session);
    return session;
  }

  /** `null`: there is none. */
  close(key: string): Session | null {
    const session = this.#living(key);
    if (session === null) return null;
    this.#changing(session, () => session.close());
    if (!session.isAlive(this.#timeMs)) this.#sessions.delete(key);
    return session;
  }

  /** True if the command is new, whatever commands of before it are not noted yet (SE9). */
  isSurelyFresh(session: Session, sequence: number, newest: number): boolean {
    return !session.isClosed && session.isAlive(this.#timeMs) && sequence > newest;
  }

  /** `null`: the table does not hold it, alive or not. */
  find(key: string): Session | null {
    return this.#sessions.get(key) ?? null;
  }

  /** What is to become of a command; to be followed by `note` if it is fresh. */
  admit(key: string, call: SessionCall): Verdict {
    const session = this.#living(key) ?? this.#opened(key, call);
    if (!(session instanceof Session)) return { type: 'refused', refusal: session };
    return this.admitIn(session, call);
  }

  admitIn(session: Session, { sequence, acknowledgedThrough }: SessionCall): Verdict {
    this.#touch(session);
    if (acknowledgedThrough > session.lowWater) {
      this.#changing(session, () => session.forgetThrough(acknowledgedThrough));
    }
    if (sequence <= session.lowWater) return { type: 'refused', refusal: PASSED };
    const answer = session.done.get(sequence);
    if (answer === undefined) return { type: 'fresh', session };
    return answer === null ? { type: 'refused', refusal: GONE } : { type: 'repeated', answer };
  }

  /** A fresh command was carried out; `null`: its answer cannot be kept. The bytes are the table's from here on. */
  note(session: Session, sequence: number, answer: Uint8Array | null): void {
    const { sessionAnswerBytesMax, windowSequences } = this.bounds;
    const isKept = answer !== null && answer.length <= sessionAnswerBytesMax;
    this.#changing(session, () => {
      session.note(sequence, isKept ? answer : null);
      session.forgetThrough(session.newest - windowSequences);
      if (session.answerBytes > sessionAnswerBytesMax) {
        session.letGoOfAnswers(sessionAnswerBytesMax / 2);
      }
    });
    this.#becomeLatest(session);
    if (this.#answerBytes > this.bounds.answerBytesMax) this.#letGoOfAnswers();
    if (this.#commands > this.bounds.commandsMax) this.#forgetCommands();
  }

  /** For a table that is read back: in the order of `inOrder`. */
  adopt(session: Session): void {
    this.#sessions.set(session.birth.key, session);
    this.#answerBytes += session.answerBytes;
    this.#commands += session.done.size;
    if (session.done.size > 0) this.#becomeLatest(session);
  }

  /** Likewise. */
  adoptTimes(times: { readonly timeMs: number; readonly sweptAtMs: number }): void {
    this.#timeMs = times.timeMs;
    this.#sweptAtMs = times.sweptAtMs;
  }

  #living(key: string): Session | null {
    const session = this.#sessions.get(key);
    if (session === undefined) return null;
    if (!session.isAlive(this.#timeMs)) {
      this.#remove(session);
      return null;
    }
    return session.isClosed ? null : session;
  }

  /** SE6: by its first command, in time; a name that was used before opens nothing. */
  #opened(key: string, { opening }: SessionCall): Session | SessionRefusal {
    if (opening === null || this.#timeMs > opening.notAfterMs) return EXPIRED;
    if (this.#sessions.has(key)) return EXPIRED;
    return this.#create({ key, ttlMs: opening.ttlMs, notAfterMs: opening.notAfterMs });
  }

  /** Bound: `sessionsMax`. Past it, those whose time is over go; if none is, nobody comes (SE8). */
  #create(birth: SessionBirth): Session | SessionRefusal {
    const isFull = (): boolean => this.#sessions.size >= this.bounds.sessionsMax;
    if (isFull() || this.#timeMs >= this.#sweptAtMs + SWEEP_EVERY_MS) this.#sweep();
    if (isFull()) return TOO_MANY;
    const session = new Session(birth, this.#timeMs);
    this.#sessions.set(birth.key, session);
    return session;
  }

  #touch(session: Session): void {
    this.#tellWatchers(session);
    session.touch(this.#timeMs);
  }

  /** There is one only while a snapshot is taken. */
  #tellWatchers(session: Session): void {
    if (this.#watchers.size === 0) return;
    for (const beforeChange of this.#watchers) beforeChange(session);
  }

  /** Keeps the sums that the bounds are about. */
  #changing(session: Session, change: () => void): void {
    this.#tellWatchers(session);
    const { answerBytes } = session;
    const commands = session.done.size;
    change();
    this.#answerBytes += session.answerBytes - answerBytes;
    this.#commands += session.done.size - commands;
    if (session.done.size === 0 && commands > 0) this.#leaveHolders(session);
  }

  #becomeLatest(session: Session): void {
    if (this.#latest === session) return;
    this.#holders.delete(session);
    this.#holders.add(session);
    this.#latest = session;
  }

  #leaveHolders(session: Session): void {
    this.#holders.delete(session);
    if (this.#latest === session) this.#latest = null;
  }

  #sweep(): void {
    this.#sweptAtMs = this.#timeMs;
    for (const session of this.#sessions.values()) {
      if (!session.isAlive(this.#timeMs)) this.#remove(session);
    }
  }

  #remove(session: Session): void {
    this.#changing(session, () => session.forgetThrough(session.newest));
    this.#sessions.delete(session.birth.key);
  }

  #letGoOfAnswers(): void {
    const bytesLeft = this.bounds.answerBytesMax * (1 - SHARE_LET_GO);
    for (const session of this.#holders) {
      if (this.#answerBytes <= bytesLeft) return;
      if (session.answerBytes > 0) this.#changing(session, () => session.letGoOfAnswers(0));
    }
  }

  #forgetCommands(): void {
    const commandsLeft = this.bounds.commandsMax * (1 - SHARE_LET_GO);
    for (const session of this.#holders) {
      if (this.#commands <= commandsLeft) return;
      this.#changing(session, () => session.forgetThrough(session.newest));
    }
  }
}
