/**
 * Commands that were appended, here or by the leader that they were passed on to, and wait for the entry at their index to
 * be applied: its term tells whether it is theirs (I4). Bound: no more than what is appended and not applied (`unappliedBytesMax`).
 */
import type { RaftError } from '../../core/errors.ts';
import type { Index, Term } from '../../core/types.ts';
import type { ProposalOutcome } from '../../ports/replica.ts';
import { overwritten, timedOut, unknownOutcome } from './call-errors.ts';
import type { Waiter } from './group.ts';

interface AwaitedEntry {
  readonly term: Term;
  readonly waiter: Waiter;
}

export class AwaitedEntries {
  readonly #entries = new Map<Index, AwaitedEntry>();
  readonly #handedOver: () => Index;
  readonly #tell: (waiter: Waiter, outcome: ProposalOutcome) => void;

  /** `handedOver`: through where the state machine was given the entries; results of those are not to be had. */
  constructor(handedOver: () => Index, tell: (waiter: Waiter, outcome: ProposalOutcome) => void) {
    this.#handedOver = handedOver;
    this.#tell = tell;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add(at: Index, entry: AwaitedEntry): void {
    if (at <= this.#handedOver()) return this.#fail(entry, unknownOutcome(at));
    const replaced = this.#take(at);
    if (replaced === undefined) return void this.#entries.set(at, entry);
    const winner = replaced.term > entry.term ? replaced : entry;
    this.#entries.set(at, winner);
    this.#fail(winner === entry ? replaced : entry, unknownOutcome(at));
  }

  /** The entry of `term` at `index` was applied: the truth about whoever waited for this index. */
  resolve(at: Index, term: Term, result: unknown): void {
    const awaited = this.#take(at);
    if (awaited === undefined) return;
    if (awaited.term !== term) return this.#fail(awaited, overwritten(at));
    this.#tell(awaited.waiter, { type: 'applied', index: at, term, result });
  }

  /** E10: through there nobody will tell what an entry came to. */
  covered(through: Index): void {
    for (const [at, awaited] of this.#entries) {
      if (at > through) continue;
      this.#take(at);
      this.#fail(awaited, unknownOutcome(at));
    }
  }

  /** True if the entry that someone waits for is this one, and not another in its place. */
  expects(at: Index, term: Term): boolean {
    return this.#entries.get(at)?.term === term;
  }

  expire(now: number): void {
    for (const [at, awaited] of this.#entries) {
      if (awaited.waiter.deadline > now) continue;
      this.#take(at);
      this.#fail(awaited, timedOut());
    }
  }

  failAll(error: RaftError): void {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    for (const awaited of all) this.#fail(awaited, error);
  }

  #take(at: Index): AwaitedEntry | undefined {
    const awaited = this.#entries.get(at);
    this.#entries.delete(at);
    return awaited;
  }

  #fail({ waiter }: AwaitedEntry, error: RaftError): void {
    this.#tell(waiter, { type: 'failed', error });
  }
}
