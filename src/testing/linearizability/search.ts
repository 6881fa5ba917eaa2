/**
 * Looks for an order that explains one partition: depth first, from the calls that may come next to the states
 * they lead to, and back where none fits (Wing and Gong 1993). A place that was searched in vain is not entered
 * again, by whatever order it is reached (Lowe 2017). A read that fits is placed without looking at anything
 * else, and operations with unknown outcomes are tried last, and only where they make a difference, or
 * each of a few would double the work (LZ11).
 */
import { type Entry, EntryList } from './entry-list.ts';
import { IndexSet } from './index-set.ts';
import type { Operation } from './operation.ts';
import type { SequentialModel } from './sequential-model.ts';
import { Visited } from './visited.ts';

/** An order that keeps to the model and to the intervals, as far as it goes. */
interface Order<Input, Output> {
  readonly placed: readonly Operation<Input, Output>[];
  /** The operations with known outcomes that may come next. */
  readonly candidates: readonly Operation<Input, Output>[];
  /** The fingerprint of the state that the order leads to. */
  readonly state: string;
}

interface SearchResult<Input, Output> {
  readonly type: 'found' | 'none' | 'undecided';
  /** How many times an operation was applied to a state. */
  readonly steps: number;
  /**
   * The order that was found; else the one that places the most known outcomes with the
   * fewest unknown ones, and then none of its candidates fits.
   */
  readonly order: Order<Input, Output>;
}

/** Bound: gives up, undecided, at the first place that it comes to after `stepsMax` steps. */
export function search<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  stepsMax: number,
): SearchResult<Input, Output> {
  return new Search(model, operations, stepsMax).run();
}

/** What is tried next: the entry of a call, or the number of an operation with an unknown outcome. */
type Candidate = Entry | number;

/** A place in the search. What was placed on the way to it lies below it on the stack. */
interface Place<State> {
  readonly state: State;
  readonly stateNumber: number;
  /** What led here; `null` at the start. */
  readonly placed: Candidate | null;
  readonly knownCount: number;
  /** To be tried instead of anything else; `null` if there is no such call, or it was tried. */
  forced: Entry | null;
  /** What to try next. Once that is a return, `nextUnknown` is; `null`: nothing. */
  nextEntry: Entry | null;
  nextUnknown: number;
}

/** A known operation that changes nothing, by its number in the order of returns. */
interface PassiveOperation<Input, Output> {
  readonly number: number;
  readonly input: Input;
  readonly output: Output;
}

class Search<State, Input, Output> {
  readonly #model: SequentialModel<State, Input, Output>;
  readonly #stepsMax: number;
  /** In the order of their returns. */
  readonly #known: readonly Operation<Input, Output>[];
  readonly #passive: readonly PassiveOperation<Input, Output>[];
  /** In the order of their calls. */
  readonly #unknown: readonly Operation<Input, Output>[];
  readonly #entries: EntryList;
  readonly #placedKnown: IndexSet;
  readonly #placedUnknown: IndexSet;
  readonly #visited = new Visited();
  readonly #stack: Place<State>[] = [];
  #steps = 0;
  #furthest: Order<Input, Output> = { placed: [], candidates: [], state: '' };
  #furthestCount = -1;

  constructor(
    model: SequentialModel<State, Input, Output>,
    operations: readonly Operation<Input, Output>[],
    stepsMax: number,
  ) {
    this.#model = model;
    this.#stepsMax = stepsMax;
    this.#known = operations
      .filter(({ output }) => output !== null)
      .sort((left, right) => compare(endOf(left), endOf(right)));
    this.#passive = this.#known.flatMap(({ input, output }, number) =>
      output !== null && model.isPassive(input, output) ? [{ number, input, output }] : [],
    );
    this.#unknown = operations
      .filter(({ output }) => output === null)
      .sort((left, right) => left.calledAt - right.calledAt);
    this.#entries = new EntryList(
      this.#known.map((one) => ({ calledAt: one.calledAt, returnedAt: endOf(one) })),
    );
    this.#placedKnown = new IndexSet(this.#known.length);
    this.#placedUnknown = new IndexSet(this.#unknown.length);
    this.#enterIfNew(model.initial, this.#numberOf(model.initial), null);
  }

  run(): SearchResult<Input, Output> {
    while (this.#entries.first !== null) {
      const place = this.#stack.at(-1);
      if (place === undefined) return this.#result('none', this.#furthest);
      const candidate = this.#nextCandidate(place);
      if (candidate === null) this.#goBack(place);
      else if (this.#steps < this.#stepsMax) this.#try(place, candidate);
      else return this.#result('undecided', this.#orderSoFar());
    }
    return this.#result('found', this.#orderSoFar());
  }

  /** First the calls before the first return, then the unknown operations called before it. */
  #nextCandidate(place: Place<State>): Candidate | null {
    const { forced, nextEntry: entry } = place;
    place.forced = null;
    if (forced !== null || entry === null) return forced;
    if (entry.returning !== null) {
      place.nextEntry = entry.next;
      return entry;
    }
    for (let at = place.nextUnknown; at < this.#unknown.length; at += 1) {
      if ((this.#unknown[at]?.calledAt ?? 0) > entry.position) return null;
      place.nextUnknown = at + 1;
      if (!this.#placedUnknown.has(at)) return at;
    }
    return null;
  }

  #try(place: Place<State>, candidate: Candidate): void {
    const operation = this.#operationOf(candidate);
    if (operation === undefined) return;
    const state = this.#apply(place.state, operation);
    if (state === null) return;
    const stateNumber = state === place.state ? place.stateNumber : this.#numberOf(state);
    if (operation.output === null) {
      if (this.#hidesUnknown(place, operation, stateNumber) || this.#isDeadEnd(state)) return;
    }
    this.#takeOut(candidate);
    if (!this.#enterIfNew(state, stateNumber, candidate)) this.#putBack(candidate);
  }

  /**
   * An unknown operation that hides all trace of an unknown one placed just before it leads to a state that is to
   * be had with one operation less, and whatever follows, follows from there too.
   */
  #hidesUnknown(
    { placed }: Place<State>,
    operation: Operation<Input, Output>,
    stateNumberAfter: number,
  ): boolean {
    const before = this.#stack.at(-2);
    if (typeof placed !== 'number' || before === undefined) return false;
    const direct = this.#apply(before.state, operation);
    return direct !== null && this.#numberOf(direct) === stateNumberAfter;
  }

  /** True if the next answer that only looks, in the order of returns, cannot be right any more. */
  #isDeadEnd(state: State): boolean {
    const { canLeadTo } = this.#model;
    if (canLeadTo === undefined) return false;
    const next = this.#passive.find(({ number }) => !this.#placedKnown.has(number));
    return next !== undefined && !canLeadTo(state, next.input, next.output);
  }

  #enterIfNew(state: State, stateNumber: number, placed: Candidate | null): boolean {
    if (!this.#visited.addIfNew(this.#placedKnown, this.#placedUnknown, stateNumber)) return false;
    const knownBefore = this.#stack.at(-1)?.knownCount ?? 0;
    const knownCount = knownBefore + (placed === null || typeof placed === 'number' ? 0 : 1);
    const forced = this.#forced(state);
    const nextEntry = forced === null ? this.#entries.first : null;
    const place = { state, stateNumber, placed, knownCount, forced, nextEntry, nextUnknown: 0 };
    this.#stack.push(place);
    return true;
  }

  /**
   * A call that fits here and never changes anything, such as a read. It has to be placed some time, and wherever
   * an order has it later, it may as well have it here: all others see the same states as before.
   */
  #forced(state: State): Entry | null {
    for (let entry = this.#entries.first; entry?.returning; entry = entry.next) {
      const operation = this.#operationOf(entry);
      if (operation === undefined || operation.output === null) continue;
      if (!this.#model.isPassive(operation.input, operation.output)) continue;
      if (this.#apply(state, operation) !== null) return entry;
    }
    return null;
  }

  #goBack({ placed, knownCount }: Place<State>): void {
    const isShorter = this.#stack.length - 1 < this.#furthest.placed.length;
    if (knownCount > this.#furthestCount || (knownCount === this.#furthestCount && isShorter)) {
      this.#furthest = this.#orderSoFar();
      this.#furthestCount = knownCount;
    }
    this.#stack.pop();
    if (placed !== null) this.#putBack(placed);
  }

  #takeOut(candidate: Candidate): void {
    if (typeof candidate === 'number') return this.#placedUnknown.toggle(candidate);
    this.#placedKnown.toggle(candidate.operation);
    this.#entries.takeOut(candidate);
  }

  #putBack(candidate: Candidate): void {
    if (typeof candidate === 'number') return this.#placedUnknown.toggle(candidate);
    this.#placedKnown.toggle(candidate.operation);
    this.#entries.putBack(candidate);
  }

  #operationOf(candidate: Candidate): Operation<Input, Output> | undefined {
    if (typeof candidate === 'number') return this.#unknown[candidate];
    return this.#known[candidate.operation];
  }

  #apply(state: State, { input, output }: Operation<Input, Output>): State | null {
    this.#steps += 1;
    return this.#model.apply(state, input, output);
  }

  #numberOf(state: State): number {
    return this.#visited.stateNumber(this.#model.fingerprint(state));
  }

  #orderSoFar(): Order<Input, Output> {
    const placed = this.#stack.flatMap(({ placed: one }) =>
      one === null ? [] : (this.#operationOf(one) ?? []),
    );
    const candidates: Operation<Input, Output>[] = [];
    for (let entry = this.#entries.first; entry?.returning; entry = entry.next) {
      candidates.push(...this.#known.slice(entry.operation, entry.operation + 1));
    }
    const state = this.#model.fingerprint(this.#stack.at(-1)?.state ?? this.#model.initial);
    return { placed, candidates, state };
  }

  #result(
    type: SearchResult<Input, Output>['type'],
    order: Order<Input, Output>,
  ): SearchResult<Input, Output> {
    return { type, steps: this.#steps, order };
  }
}

/** What never returned overlaps everything after it. */
function endOf({ returnedAt }: Operation<unknown, unknown>): number {
  return returnedAt ?? Number.POSITIVE_INFINITY;
}

/** Unlike a difference, right for two infinities. */
function compare(left: number, right: number): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
