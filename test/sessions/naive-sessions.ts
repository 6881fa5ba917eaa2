/** Sessions as they are meant, written down without any thought of cost: the model that the table is compared with. */
import type { SessionBounds } from '../../src/sessions/limits.ts';
import { SHARE_LET_GO, SWEEP_EVERY_MS } from '../../src/sessions/limits.ts';

interface NaiveSession {
  readonly name: string;
  readonly ttlMs: number;
  readonly notAfterMs: number;
  expiresAtMs: number;
  isClosed: boolean;
  mark: number;
  newest: number;
  /** In the order in which they were carried out. */
  done: { readonly sequence: number; answer: string | null }[];
  wroteAt: number;
}

export type Step =
  | { readonly type: 'open' | 'renew' | 'close'; readonly name: string; readonly ttlMs: number }
  | {
      readonly type: 'command';
      readonly name: string;
      readonly sequence: number;
      readonly acknowledgedThrough: number;
      readonly opening: { readonly ttlMs: number; readonly notAfterMs: number } | null;
      readonly answer: string;
    };

export class NaiveSessions {
  sessions: NaiveSession[] = [];
  readonly #bounds: SessionBounds;
  #timeMs = 0;
  #sweptAtMs = 0;
  #writes = 0;

  constructor(bounds: SessionBounds) {
    this.#bounds = bounds;
  }

  /** What the table answers: `fresh`, `again <answer>`, `open`, or the code of a refusal. */
  take(step: Step, timeMs: number): string {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    if (step.type === 'open') {
      return this.#create(step.name, step.ttlMs, 0) === null ? 'RAFT_OVERLOADED' : 'open';
    }
    const living = this.#living(step.name);
    if (step.type !== 'command') {
      if (living === null) return 'RAFT_SESSION_EXPIRED';
      if (step.type === 'renew') this.#touch(living);
      else this.#close(living);
      return 'open';
    }
    if (living !== null) return this.#command(living, step);
    const isKnown = this.sessions.some(({ name }) => name === step.name);
    if (step.opening === null || isKnown || this.#timeMs > step.opening.notAfterMs) {
      return 'RAFT_SESSION_EXPIRED';
    }
    const opened = this.#create(step.name, step.opening.ttlMs, step.opening.notAfterMs);
    return opened === null ? 'RAFT_OVERLOADED' : this.#command(opened, step);
  }

  #command(session: NaiveSession, step: Extract<Step, { type: 'command' }>): string {
    this.#touch(session);
    this.#forget(session, step.acknowledgedThrough);
    if (step.sequence <= session.mark) return 'RAFT_SEQUENCE_PASSED';
    const found = session.done.find(({ sequence }) => sequence === step.sequence);
    if (found !== undefined) {
      return found.answer === null ? 'RAFT_ANSWER_GONE' : `again ${found.answer}`;
    }
    const bounds = this.#bounds;
    const isKept = step.answer.length <= bounds.sessionAnswerBytesMax;
    session.done.push({ sequence: step.sequence, answer: isKept ? step.answer : null });
    session.newest = Math.max(session.newest, step.sequence);
    this.#writes += 1;
    session.wroteAt = this.#writes;
    this.#forget(session, session.newest - bounds.windowSequences);
    if (bytesOf([session]) > bounds.sessionAnswerBytesMax) {
      letGo(session, bounds.sessionAnswerBytesMax / 2);
    }
    this.#keepWithin();
    return 'fresh';
  }

  #keepWithin(): void {
    const { answerBytesMax, commandsMax } = this.#bounds;
    const byLastWrite = [...this.sessions].sort((left, right) => left.wroteAt - right.wroteAt);
    if (bytesOf(this.sessions) > answerBytesMax) {
      for (const session of byLastWrite) {
        if (bytesOf(this.sessions) <= answerBytesMax * (1 - SHARE_LET_GO)) break;
        letGo(session, 0);
      }
    }
    const commands = (): number => this.sessions.reduce((sum, { done }) => sum + done.length, 0);
    if (commands() <= commandsMax) return;
    for (const session of byLastWrite) {
      if (commands() <= commandsMax * (1 - SHARE_LET_GO)) break;
      if (session.done.length > 0) this.#forget(session, session.newest);
    }
  }

  #create(name: string, ttlMs: number, notAfterMs: number): NaiveSession | null {
    const isFull = (): boolean => this.sessions.length >= this.#bounds.sessionsMax;
    if (isFull() || this.#timeMs >= this.#sweptAtMs + SWEEP_EVERY_MS) {
      this.#sweptAtMs = this.#timeMs;
      this.sessions = this.sessions.filter(({ expiresAtMs }) => this.#timeMs <= expiresAtMs);
    }
    if (isFull()) return null;
    const session: NaiveSession = {
      ...{ name, ttlMs, notAfterMs, expiresAtMs: 0, isClosed: false, mark: 0, newest: 0 },
      ...{ done: [], wroteAt: 0 },
    };
    this.#touch(session);
    this.sessions.push(session);
    return session;
  }

  #living(name: string): NaiveSession | null {
    const found = this.sessions.find((session) => session.name === name);
    if (found === undefined) return null;
    if (this.#timeMs <= found.expiresAtMs) return found.isClosed ? null : found;
    this.sessions = this.sessions.filter((session) => session !== found);
    return null;
  }

  #close(session: NaiveSession): void {
    session.isClosed = true;
    session.expiresAtMs = session.notAfterMs;
    this.#forget(session, session.newest);
    if (this.#timeMs > session.expiresAtMs) {
      this.sessions = this.sessions.filter((other) => other !== session);
    }
  }

  #touch(session: NaiveSession): void {
    session.expiresAtMs = Math.max(
      session.expiresAtMs,
      this.#timeMs + session.ttlMs,
      session.notAfterMs,
    );
  }

  #forget(session: NaiveSession, through: number): void {
    if (through <= session.mark) return;
    session.mark = through;
    session.newest = Math.max(session.newest, through);
    session.done = session.done.filter(({ sequence }) => sequence > through);
  }
}

function bytesOf(sessions: readonly NaiveSession[]): number {
  const answers = sessions.flatMap(({ done }) => done.map(({ answer }) => answer?.length ?? 0));
  return answers.reduce((sum, bytes) => sum + bytes, 0);
}

function letGo(session: NaiveSession, bytesLeft: number): void {
  for (const each of session.done) {
    if (bytesOf([session]) <= bytesLeft) return;
    each.answer = null;
  }
}
