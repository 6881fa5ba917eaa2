/**
 * What is wrong between this node and others: who is refused here, who refuses this node, whose copy of the log makes
 * no progress. Each is told once when it begins, once when its reason is another, and once when it is over (OP3),
 * however often it is found meanwhile. Nothing is decided here: nobody acts on what this remembers.
 */
import type { Index, NodeId } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PeerEvent, PeerProblem } from '../../ports/replica.ts';
import { REFUSAL_RETOLD_MS, STRANGERS_TOLD_MAX } from '../limits.ts';

interface FoundProblem {
  /** The name it goes by; `null` if it did not get to say one. */
  readonly peer: string | null;
  readonly problem: PeerProblem;
  readonly reason: string;
}

interface Remembered extends FoundProblem {
  readonly toldAt: number;
  readonly foundAt: number;
}

/** A refusal that is not repeated for so long is over: whoever it was does not call any more, in milliseconds. */
export const REFUSAL_LINGERS_MS = 10_000;
/** What an operator has to know first comes first. */
const BY_WEIGHT: readonly PeerProblem[] = ['refuses', 'refused', 'stalled'];

export class PeerProblems {
  readonly #clock: Clock;
  readonly #isMember: (name: string | null) => boolean;
  readonly #tell: (event: PeerEvent) => void;
  readonly #found = new Map<string, Remembered>();
  /** How far each stalled peer had come. */
  readonly #stalledAt = new Map<NodeId, Index>();
  #timer: unknown = null;
  /** Calls refused here, told or not. */
  refusals = 0;
  stalls = 0;

  constructor(
    clock: Clock,
    isMember: (name: string | null) => boolean,
    tell: (event: PeerEvent) => void,
  ) {
    this.#clock = clock;
    this.#isMember = isMember;
    this.#tell = tell;
  }

  /** What is wrong now, the gravest first. */
  all(): readonly FoundProblem[] {
    const weight = ({ problem }: FoundProblem): number => BY_WEIGHT.indexOf(problem);
    return [...this.#found.values()].sort((left, right) => weight(left) - weight(right));
  }

  of(peer: NodeId): FoundProblem | null {
    return this.all().find((found) => found.peer === peer) ?? null;
  }

  refused(peer: string | null, reason: string): void {
    this.refusals += 1;
    this.#begin({ peer, problem: 'refused', reason });
    this.#watch();
  }

  refusedBy(peer: NodeId, reason: string): void {
    this.#begin({ peer, problem: 'refuses', reason });
    this.#watch();
  }

  stalled(peer: NodeId, matchIndex: Index): void {
    this.stalls += 1;
    this.#stalledAt.set(peer, matchIndex);
    const reason = `it is sent entries, and confirms none behind ${matchIndex}`;
    this.#begin({ peer, problem: 'stalled', reason });
  }

  /** Its hello was accepted here. */
  accepted(peer: NodeId): void {
    this.#end(peer, 'refused', 'it is accepted now');
  }

  /** It speaks, and so it has accepted this node. Called for every message. */
  heard(peer: NodeId): void {
    if (this.#found.size > 0) this.#end(peer, 'refuses', 'it accepts this node now');
  }

  /** Called for every answer to entries. */
  progressed(peer: NodeId, matchIndex: Index): void {
    if (this.#stalledAt.size === 0) return;
    if (matchIndex > (this.#stalledAt.get(peer) ?? matchIndex)) {
      this.#endStall(peer, 'it makes progress again');
    }
  }

  linkClosed(peer: NodeId): void {
    this.#endStall(peer, 'the connection has ended');
  }

  leadLost(): void {
    for (const peer of this.#stalledAt.keys()) this.#endStall(peer, 'this node leads no more');
  }

  /** The node has ended, and all this with it. */
  end(): void {
    this.#found.clear();
    this.#stalledAt.clear();
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #begin(found: FoundProblem): void {
    const key = keyOf(found.peer, found.problem);
    const now = this.#clock.now();
    const known = this.#found.get(key);
    if (known !== undefined && isOld(known, found, now)) {
      this.#found.set(key, { ...known, foundAt: now });
      return;
    }
    if (known === undefined && this.#isOneTooMany(found)) return;
    this.#found.set(key, { ...found, toldAt: now, foundAt: now });
    this.#tell({ ...found, isOver: false });
  }

  #end(peer: string | null, problem: PeerProblem, reason: string): void {
    if (this.#found.delete(keyOf(peer, problem))) {
      this.#tell({ peer, problem, reason, isOver: true });
    }
  }

  #endStall(peer: NodeId, reason: string): void {
    if (this.#stalledAt.delete(peer)) this.#end(peer, 'stalled', reason);
  }

  #isOneTooMany({ peer }: FoundProblem): boolean {
    if (this.#isMember(peer)) return false;
    const strangers = [...this.#found.values()].filter((each) => !this.#isMember(each.peer));
    return strangers.length >= STRANGERS_TOLD_MAX;
  }

  #watch(): void {
    this.#timer ??= this.#clock.setTimeout(() => this.#look(), REFUSAL_LINGERS_MS / 2);
  }

  #look(): void {
    this.#timer = null;
    const now = this.#clock.now();
    const refusals = [...this.#found.values()].filter(({ problem }) => problem !== 'stalled');
    for (const { peer, problem, foundAt } of refusals) {
      if (now - foundAt < REFUSAL_LINGERS_MS) this.#watch();
      else this.#end(peer, problem, 'it was not repeated for a while');
    }
  }
}

function isOld(known: Remembered, { reason }: FoundProblem, now: number): boolean {
  return known.reason === reason || now - known.toldAt < REFUSAL_RETOLD_MS;
}

function keyOf(peer: string | null, problem: PeerProblem): string {
  return `${problem} ${peer ?? ''}`;
}
