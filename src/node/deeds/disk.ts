/**
 * Persist, then speak (§3.8). Writes gather while one synced batch is under way; messages wait in line
 * behind the writes that they vouch for. The log-writer chart says when to flush; this does it.
 */
import { unreachable } from '../../core/assert.ts';
import type { MoveBase, Persist, Send } from '../../core/effect.ts';
import type { EntryRun } from '../../core/entry-run.ts';
import type { HardState } from '../../core/hard-state.ts';
import { type EntryId, greater, type Index, nextIndex } from '../../core/types.ts';
import type { LogOperation, LogStore } from '../../ports/log-store.ts';
import type { End } from '../tree/endings.ts';

interface Durable {
  readonly hardState: HardState;
  readonly entry: EntryId;
}

interface HeldSend {
  /** The last write that must be durable before this may leave. */
  readonly after: number;
  readonly send: Send;
}

interface Waiting {
  /** As above. */
  readonly after: number;
  readonly done: () => void;
}

interface DiskCounters {
  writes: number;
  bytes: number;
  stalls: number;
}

interface DiskOptions {
  readonly store: Pick<LogStore, 'write'>;
  readonly recovered: Durable & { readonly commitIndex: Index };
  readonly now: () => number;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
  readonly send: (send: Send) => void;
}

export class Disk {
  readonly #options: DiskOptions;
  readonly counters: DiskCounters = { writes: 0, bytes: 0, stalls: 0 };
  #nextOperations: LogOperation[] = [];
  #held: HeldSend[] = [];
  #waiting: Waiting[] = [];
  #requested = 0;
  #durable = 0;
  /** The last of what was asked for that lets the log begin anew; 0: nothing was. */
  #restart = 0;
  #latest: Durable;
  #hardState: HardState;
  /** The commit index as it was told last, and as it was last given to a write. */
  #committed: Index;
  #committedWritten: Index;
  /** When the last write began. */
  #beganMs = 0;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#latest = options.recovered;
    this.#hardState = options.recovered.hardState;
    this.#committed = options.recovered.commitIndex;
    this.#committedWritten = options.recovered.commitIndex;
  }

  /** Term and vote as they are on disk. */
  get hardState(): HardState {
    return this.#hardState;
  }

  /** True when everything asked for is on disk. */
  get isIdle(): boolean {
    return this.#requested === this.#durable;
  }

  /** How long the write under way, or the one that has just ended, has taken, in milliseconds. */
  get writingForMs(): number {
    return this.#options.now() - this.#beganMs;
  }

  /** True if it is the first of the next batch. */
  gather(persist: Persist, runs: readonly EntryRun[]): boolean {
    const { hardState, truncateFrom } = persist;
    const isFirst = this.#nextOperations.length === 0;
    if (hardState !== null) this.#nextOperations.push({ type: 'setHardState', hardState });
    if (truncateFrom !== null) {
      this.#nextOperations.push({ type: 'truncateFrom', index: truncateFrom });
      this.#held = this.#held.filter(({ send }) => !vouchesFor(send, truncateFrom));
    }
    if (runs.length > 0) this.#nextOperations.push({ type: 'append', runs });
    for (const run of runs) this.counters.bytes += run.bytes.length;
    const last = runs.at(-1);
    this.#latest = {
      hardState: hardState ?? this.#latest.hardState,
      entry: last === undefined ? this.#latest.entry : { term: last.term, index: last.lastIndex },
    };
    this.#requested += 1;
    return isFirst;
  }

  /** As `gather`, of where the log begins. What was said of entries that a new beginning takes away is not said any more. */
  gatherBase({ base, membership, operation }: MoveBase): boolean {
    const isFirst = this.#nextOperations.length === 0;
    this.#nextOperations.push({ type: operation, base, membership });
    if (operation === 'restart') {
      this.#held = this.#held.filter(({ send }) => !vouchesFor(send, nextIndex(base.index)));
      this.#latest = { ...this.#latest, entry: base };
    }
    this.#requested += 1;
    if (operation === 'restart') this.#restart = this.#requested;
    return isFirst;
  }

  /** Calls back once all that was asked for before is on disk. Bound: once for each move of the log's base. */
  whenDurable(done: () => void): void {
    this.#waiting.push({ after: this.#requested, done });
  }

  /**
   * PS1: leaves at once if nothing is being written, else when all that was asked for before it is durable; and if it names a
   * term that its own step has yet to write, with that. PS10: what is proven waits for its term only, and for the beginning
   * of a log that a snapshot has taken the place of.
   */
  sendWhenDurable(send: Send): void {
    const term = termOf(send);
    const isThere = this.#durable >= this.#restart;
    const isProven = send.isProven === true && isThere && term <= this.#hardState.term;
    const isAhead = term > this.#latest.hardState.term;
    if (!isAhead && (this.isIdle || isProven)) this.#options.send(send);
    else this.#held.push({ after: this.#requested + (isAhead ? 1 : 0), send });
  }

  /** ST19: rides along with the next write. Told behind the entries that it speaks of, which are gathered by then. */
  noteCommitted(commitIndex: Index): void {
    this.#committed = greater(this.#committed, commitIndex);
  }

  /**
   * FS2: what waits for a write is never said, and never written. After an orderly end, with everything on disk, the
   * commit index is written once more if it lags: whoever closes the store waits for that.
   */
  end({ error }: Pick<End, 'error'>): void {
    const isOrderly = error === null && this.isIdle;
    this.#nextOperations = [];
    this.#held = [];
    this.#waiting = [];
    const note = isOrderly ? this.#commitNote() : [];
    if (note.length > 0) this.#options.store.write(note, () => {});
  }

  /** Starts the next batch; `completed` hears, in a later step, what is durable with it, or the error. */
  flush(completed: (outcome: Durable | Error) => void): void {
    const { now, run, store } = this.#options;
    const operations = [...this.#nextOperations, ...this.#commitNote()];
    const through = this.#requested;
    const durable = this.#latest;
    this.#nextOperations = [];
    this.#beganMs = now();
    this.counters.writes += 1;
    store.write(operations, (error) =>
      run(() => {
        if (error === null) {
          this.#durable = through;
          this.#hardState = durable.hardState;
        }
        completed(error ?? durable);
      }),
    );
  }

  #commitNote(): readonly LogOperation[] {
    if (this.#committed === this.#committedWritten) return [];
    this.#committedWritten = this.#committed;
    return [{ type: 'noteCommitted', index: this.#committed }];
  }

  /** Lets go of the messages whose writes are durable. */
  releaseHeld(): void {
    const ready = this.#held.findIndex(({ after }) => after > this.#durable);
    const count = ready === -1 ? this.#held.length : ready;
    for (const { send } of this.#held.splice(0, count)) this.#options.send(send);
    const done = this.#waiting.filter(({ after }) => after <= this.#durable);
    this.#waiting = this.#waiting.filter(({ after }) => after > this.#durable);
    for (const each of done) each.done();
  }
}

/** The sender's own: a pre-vote asks for the one after it. */
function termOf({ message }: Send): number {
  return message.type === 'PreVote' ? message.term - 1 : message.term;
}

/** PS5: what is overwritten in the very batch that would have made it durable was never on disk (B9). */
function vouchesFor({ message }: Send, index: Index): boolean {
  switch (message.type) {
    case 'AppendEntriesReply':
      return message.result.accepted && message.result.matchIndex >= index;
    case 'PreVote':
    case 'RequestVote':
      return message.lastLog.index >= index;
    case 'AppendEntries':
    case 'SnapshotOffer':
    case 'PullChunk':
    case 'SnapshotChunk':
    case 'SnapshotGone':
    case 'ChangeMembers':
    case 'ChangeMembersReply':
    case 'Ping':
    case 'PreVoteReply':
    case 'Propose':
    case 'ProposeReply':
    case 'ReadIndex':
    case 'ReadIndexReply':
    case 'RequestVoteReply':
    case 'TimeoutNow':
    case 'TransferLeadership':
    case 'TransferLeadershipReply':
      return false;
    default:
      return unreachable(message);
  }
}
