/**
 * The state machine with sessions around it: entries of sessions come in, commands go on to the machine inside, each of
 * them once (§6.3). Commands without a session pass as they are. A batch is handed on in pieces as large as can be:
 * commands that are new in any case go together; what hangs on the entries before it is looked at alone.
 */
import { assert, unreachable } from '../core/assert.ts';
import { writeCounter } from '../core/bytes/counter-bytes.ts';
import { viewOf } from '../core/bytes/view-of.ts';
import { ENTRY_KIND, type Entry } from '../core/entry-run.ts';
import { RaftError } from '../core/errors.ts';
import { SESSION_ID_BYTES, type SessionCall, type SessionOperation } from '../core/session.ts';
import { FIRST_MACHINE_VERSION } from '../core/versions.ts';
import type {
  CommittedCommand,
  CommittedEntry,
  MachineSnapshot,
  StateMachine,
} from '../ports/state-machine.ts';
import { BATCH_ANSWER_BYTES_MAX, type SessionBounds } from './limits.ts';
import type { Session } from './session.ts';
import { commandIn, decodeSessionEntry, type SessionEntry } from './session-entry.ts';
import { EXPIRED, MALFORMED } from './session-refusal.ts';
import { SessionTable } from './session-table.ts';
import { ChunkSource, SessionSnapshot } from './snapshot-chunks.ts';
import { readTable } from './table-codec.ts';
import { TableView } from './table-view.ts';

/** A command for the machine inside, and the session that waits for its answer, if there is one. */
interface Piece {
  readonly command: CommittedCommand;
  readonly wantsResult: boolean;
  readonly of: { readonly session: Session; readonly call: SessionCall } | null;
}

/** A batch on its way through the machine inside. */
interface Passage {
  readonly batch: readonly CommittedEntry[];
  readonly isTimeUp: () => boolean;
  readonly results: unknown[];
  /** Of the answers that were made or repeated so far. */
  answerBytes: number;
}

type Applied = readonly unknown[] | Promise<readonly unknown[]>;

export class SessionMachine implements StateMachine {
  readonly #inner: StateMachine;
  readonly #bounds: Partial<SessionBounds>;
  #table: SessionTable;
  readonly #names = new LastName();

  constructor(inner: StateMachine, bounds: Partial<SessionBounds> = {}) {
    this.#inner = inner;
    this.#bounds = bounds;
    this.#table = new SessionTable(bounds);
  }

  get version(): number {
    return this.#inner.version ?? FIRST_MACHINE_VERSION;
  }

  /** The newest version that a command has needed which was applied; a snapshot brings it along. */
  get versionInUse(): number {
    return this.#table.versionInUse;
  }

  /** What a member needs to carry out this entry. */
  versionFor({ kind, data }: Entry): number {
    const command = kind === ENTRY_KIND.session ? commandIn(data) : data;
    if (command === null || kind === ENTRY_KIND.noop) return FIRST_MACHINE_VERSION;
    return this.#inner.versionOf?.(command) ?? FIRST_MACHINE_VERSION;
  }

  get table(): SessionTable {
    return this.#table;
  }

  /** The table, and behind it the snapshot of the machine inside (I2). */
  snapshot(): MachineSnapshot | null {
    const inner = this.#inner.snapshot?.() ?? null;
    if (inner === null) return null;
    return new SessionSnapshot(new TableView(this.#table), inner);
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const source = new ChunkSource(chunks);
    const table = await readTable(source, this.#bounds);
    if (table.versionInUse > this.version) throw tooOld(table.versionInUse, this.version);
    if (this.#inner.restore === undefined) throw new TypeError('this machine takes no snapshots');
    await this.#inner.restore(source.rest());
    this.#table = table;
  }

  /** One result for each entry: of commands those of the machine inside, otherwise `SessionState` or `SessionRefusal`. */
  apply(batch: readonly CommittedEntry[], isTimeUp: () => boolean): Applied {
    const made = batch.some(isOfSession)
      ? this.#passOn({ batch, isTimeUp, results: [], answerBytes: 0 })
      : this.#inner.apply(batch, isTimeUp);
    if (this.versionInUse === this.version) return made;
    if (made instanceof Promise) return made.then((results) => this.#noteVersions(batch, results));
    return this.#noteVersions(batch, made);
  }

  /** UP5: of those that were applied. */
  #noteVersions(batch: readonly CommittedEntry[], results: readonly unknown[]): readonly unknown[] {
    for (const { data, isOfSession: isWrapped } of batch.slice(0, results.length)) {
      const kind = isWrapped ? ENTRY_KIND.session : ENTRY_KIND.command;
      const needed = this.versionFor({ kind, data });
      if (needed > this.versionInUse) this.#table.versionInUse = needed;
    }
    return results;
  }

  #passOn(passage: Passage): Applied {
    const { batch, results } = passage;
    while (results.length < batch.length) {
      const pieces = this.#surePieces(passage);
      const made = pieces.length > 0 ? this.#handOn(passage, pieces) : this.#lookAtOne(passage);
      if (made instanceof Promise) {
        return made.then((isWhole) =>
          this.#goesOn(passage, isWhole) ? this.#passOn(passage) : results,
        );
      }
      if (!this.#goesOn(passage, made)) break;
    }
    return results;
  }

  /** Bound: once time is up, or the answers are large, the rest waits for a later turn (AP2). */
  #goesOn({ answerBytes, batch, isTimeUp, results }: Passage, isWhole: boolean): boolean {
    if (results.length === batch.length) return false;
    return isWhole && answerBytes < BATCH_ANSWER_BYTES_MAX && !isTimeUp();
  }

  /** The next entries that are commands to be carried out in any case, whatever becomes of those before them (SE9). */
  #surePieces({ batch, results }: Passage): readonly Piece[] {
    const pieces: Piece[] = [];
    const newest = new Map<Session, number>();
    for (let at = results.length; at < batch.length; at += 1) {
      const piece = this.#surePiece(batch[at], newest);
      if (piece === null) break;
      pieces.push(piece);
    }
    return pieces;
  }

  #surePiece(given: CommittedEntry | undefined, newest: Map<Session, number>): Piece | null {
    if (given === undefined) return null;
    if (!isOfSession(given)) return { command: given, wantsResult: given.wantsResult, of: null };
    const entry = decodeSessionEntry(given.data);
    if (entry?.type !== 'command') return null;
    const { session: id, sequence } = entry.call;
    const session = this.#table.find(this.#names.of(id));
    if (session === null || session.isClosed || !session.isAlive(given.timeMs)) return null;
    if (sequence <= (newest.get(session) ?? session.newest)) return null;
    newest.set(session, sequence);
    return pieceOf(given, entry, session);
  }

  /** Hands commands to the machine inside; true if it has applied them all. */
  #handOn(passage: Passage, pieces: readonly Piece[]): boolean | Promise<boolean> {
    const commands = pieces.map(({ command }) => command);
    const made = this.#inner.apply(commands, passage.isTimeUp);
    if (made instanceof Promise) return made.then((all) => this.#settle(passage, pieces, all));
    return this.#settle(passage, pieces, made);
  }

  #settle(passage: Passage, pieces: readonly Piece[], made: readonly unknown[]): boolean {
    assert(made.length <= pieces.length, 'EM1: a machine returns one result for each command');
    for (let at = 0; at < made.length; at += 1) {
      const [result, piece] = [made[at], pieces[at]];
      if (piece === undefined) break;
      const { command, of, wantsResult } = piece;
      if (of !== null) {
        this.#table.advance(command.timeMs);
        const verdict = this.#table.admitIn(of.session, of.call);
        assert(verdict.type === 'fresh', 'SE1: a command is carried out once');
        this.#note(passage, of, result);
      }
      passage.results.push(wantsResult ? result : undefined);
    }
    return made.length === pieces.length;
  }

  /** The next entry, which may be anything. */
  #lookAtOne(passage: Passage): boolean | Promise<boolean> {
    const given = passage.batch[passage.results.length];
    assert(given !== undefined, 'SE9: there is an entry to look at');
    this.#table.advance(given.timeMs);
    const entry = decodeSessionEntry(given.data);
    if (entry?.type === 'command') return this.#carryOut(passage, given, entry);
    const answer = entry === null ? MALFORMED : this.#operate(given, entry);
    passage.results.push(given.wantsResult ? answer : undefined);
    return true;
  }

  #carryOut(
    passage: Passage,
    given: CommittedEntry,
    entry: Extract<SessionEntry, { type: 'command' }>,
  ): boolean | Promise<boolean> {
    const verdict = this.#table.admit(keyOf(entry.call.session), entry.call);
    switch (verdict.type) {
      case 'refused':
        passage.results.push(given.wantsResult ? verdict.refusal : undefined);
        return true;
      case 'repeated':
        passage.results.push(
          given.wantsResult ? this.#repeated(passage, verdict.answer) : undefined,
        );
        return true;
      case 'fresh':
        return this.#alone(passage, pieceOf(given, entry, verdict.session));
      default:
        return unreachable(verdict);
    }
  }

  /** The table has admitted it already. */
  #alone(passage: Passage, piece: Piece): boolean | Promise<boolean> {
    const made = this.#inner.apply([piece.command], passage.isTimeUp);
    const settle = ([result, ...others]: readonly unknown[]): boolean => {
      assert(others.length === 0, 'EM1: a machine returns one result for each command');
      if (piece.of !== null) this.#note(passage, piece.of, result);
      passage.results.push(piece.wantsResult ? result : undefined);
      return true;
    };
    return made instanceof Promise ? made.then(settle) : settle(made);
  }

  #note(passage: Passage, of: NonNullable<Piece['of']>, result: unknown): void {
    const answer = this.#encoded(result);
    passage.answerBytes += answer?.length ?? 0;
    this.#table.note(of.session, of.call.sequence, answer);
  }

  /** A machine that cannot write its results down still carries each command out once (SE1). */
  #encoded(result: unknown): Uint8Array | null {
    return this.#inner.encodeResult?.(result) ?? null;
  }

  #repeated(passage: Passage, answer: Uint8Array): unknown {
    passage.answerBytes += answer.length;
    return this.#inner.decodeResult?.(answer);
  }

  #operate(given: CommittedEntry, operation: SessionOperation): unknown {
    if (operation.type === 'open') {
      const { salt, ttlMs } = operation;
      const session = idAt(given, salt);
      const refusal = this.#table.open({ key: keyOf(session), ttlMs, notAfterMs: 0 });
      return refusal ?? { session, ttlMs };
    }
    const { type, session: id } = operation;
    const key = keyOf(id);
    const session = type === 'renew' ? this.#table.renew(key) : this.#table.close(key);
    return session === null ? EXPIRED : { session: id.slice(), ttlMs: session.birth.ttlMs };
  }
}

/** The snapshot is of a cluster that has used more than this program knows. */
function tooOld(inUse: number, known: number): RaftError {
  return new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `the snapshot holds what commands of version ${inUse} of the state machine did, and this build knows version ${known}: start this node with the build that it had, or a later one`,
  );
}

function isOfSession(entry: CommittedEntry): boolean {
  return entry.isOfSession;
}

function pieceOf(
  given: CommittedEntry,
  { call, data }: Extract<SessionEntry, { type: 'command' }>,
  session: Session,
): Piece {
  const { index, term, timeMs, wantsResult } = given;
  // The answer is wanted on every replica: it is part of the table.
  return {
    command: { index, term, timeMs, data, wantsResult: true },
    wantsResult,
    of: { session, call },
  };
}

/** SE5: unique for ever by the index of the entry that opens it, and hard to guess by the salt. */
function idAt({ index }: CommittedEntry, salt: Uint8Array): Uint8Array {
  const id = new Uint8Array(SESSION_ID_BYTES);
  id.set(salt);
  writeCounter(viewOf(id), salt.length, index);
  return id;
}

/** The name of the session that was looked at last: what comes next is mostly of the same one. */
class LastName {
  #id = new Uint8Array(SESSION_ID_BYTES);
  #name = keyOf(this.#id);

  of(id: Uint8Array): string {
    for (let at = 0; at < SESSION_ID_BYTES; at += 1) {
      if (id[at] !== this.#id[at]) return this.#become(id);
    }
    return this.#name;
  }

  #become(id: Uint8Array): string {
    this.#id.set(id);
    this.#name = keyOf(id);
    return this.#name;
  }
}

/** The bytes of an id as a text, one character for each: quicker to make and to find than any other. */
function keyOf(id: Uint8Array): string {
  // One argument after the other: spreading them takes fifteen times as long.
  return String.fromCharCode(
    byteOf(id, 0),
    byteOf(id, 1),
    byteOf(id, 2),
    byteOf(id, 3),
    byteOf(id, 4),
    byteOf(id, 5),
    byteOf(id, 6),
    byteOf(id, 7),
    byteOf(id, 8),
    byteOf(id, 9),
    byteOf(id, 10),
    byteOf(id, 11),
    byteOf(id, 12),
    byteOf(id, 13),
    byteOf(id, 14),
    byteOf(id, 15),
  );
}

/** An id has this many: the index is inside, which the type checker cannot see. */
function byteOf(id: Uint8Array, at: number): number {
  return id[at] as number;
}
