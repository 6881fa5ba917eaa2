/**
 * The watches of one client connection (SV15, SV22): each is fed as fast as the socket takes it, and ended
 * with a code when it cannot go on. The client resumes, here or elsewhere, from the last revision it was told.
 */
import type { ClientReply, WatchRequest } from '../../client-protocol/frame-shapes.ts';
import type { RaftError } from '../../core/errors.ts';
import { SELECTOR_PARTS } from '../../kv/keys/key-selector.ts';
import { checkSelector } from '../admission/size-checks.ts';
import { overloaded } from '../errors.ts';
import { TIMEOUT_DEFAULT_MS } from '../limits.ts';
import type { VisitedParts } from '../server-context.ts';
import { LiveWatch } from '../store/live-watch.ts';
import { partsOf, type RevisionPart } from './revision-parts.ts';

/** What a watch holds besides what it selects. */
const WATCH_BYTES = 2048;

/** The connection, as its watches see it. */
interface WatchOutlet {
  readonly reply: (reply: ClientReply) => void;
  readonly fail: (id: number, error: RaftError) => void;
  /** Makes one of our errors of whatever was thrown. */
  readonly known: (error: unknown) => RaftError;
  /**
   * Sends what `make` returns once there is room for `bytes`, unless that is `null`. Resolves then; `null`: it
   * has been sent. Never resolves if the connection ends first.
   */
  readonly tell: (bytes: number, make: () => ClientReply | null) => Promise<void> | null;
}

type WatchParts = Pick<
  VisitedParts,
  'replica' | 'kv' | 'guard' | 'limits' | 'counters' | 'clock' | 'visitor'
>;

export class ClientWatches {
  readonly #context: WatchParts;
  readonly #outlet: WatchOutlet;
  /** `null`: it waits to learn where "now" is. */
  readonly #watches = new Map<number, LiveWatch | null>();
  /** What each of them holds, in bytes. */
  readonly #costs = new Map<number, number>();

  constructor(context: WatchParts, outlet: WatchOutlet) {
    this.#context = context;
    this.#outlet = outlet;
  }

  has(id: number): boolean {
    return this.#watches.has(id);
  }

  begin(request: WatchRequest): void {
    const { id, from } = request;
    const { counters } = this.#context;
    const cost = costOf(request);
    const refusal = this.#refusalOf(cost);
    if (refusal !== null) {
      this.#outlet.fail(id, refusal);
      return;
    }
    this.#watches.set(id, null);
    this.#costs.set(id, cost);
    counters.clientWatches += 1;
    counters.clientWatchBytes += cost;
    if (from === null) this.#beginNow(request);
    else this.#open(request);
  }

  cancel(id: number): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    this.#watches.delete(id);
    this.#context.counters.clientWatches -= 1;
    this.#context.counters.clientWatchBytes -= this.#costs.get(id) ?? 0;
    this.#costs.delete(id);
    watch?.cancel();
  }

  cancelAll(): void {
    for (const id of [...this.#watches.keys()]) this.cancel(id);
  }

  /** Tells quiet watches how far they may go on from, should the connection break. */
  tellProgress(): void {
    for (const [id, watch] of this.#watches) if (watch !== null) this.#tellProgress(id, watch);
  }

  #tellProgress(id: number, watch: LiveWatch): void {
    try {
      const revision = watch.progress();
      if (revision !== null) this.#outlet.reply({ type: 'progress', id, revision });
    } catch (error) {
      this.#end(id, watch, this.#outlet.known(error));
    }
  }

  /** Bound: the number of one client's watches, and what those of all clients hold. */
  #refusalOf(cost: number): RaftError | null {
    const { counters, limits } = this.#context;
    const { size } = this.#watches;
    if (size >= limits.watchesPerClientMax) {
      return overloaded(
        `This connection has ${size} watches already. End some, or watch a prefix instead of single keys.`,
      );
    }
    if (counters.clientWatchBytes + cost <= limits.watchBytesMax) return null;
    return overloaded(
      `${counters.clientWatches} watches of all clients are open on this node already. Ask another node, or later.`,
    );
  }

  /** "After now" means after all that was committed before the call, wherever it was. */
  #beginNow(request: WatchRequest): void {
    const { id } = request;
    this.#context.replica.awaitReadable({ timeoutMs: TIMEOUT_DEFAULT_MS }, (error) => {
      if (this.#watches.get(id) !== null) return;
      if (error === null) this.#open(request);
      else this.#end(id, null, error);
    });
  }

  #open({ id, selector, from }: WatchRequest): void {
    const { guard, limits, visitor } = this.#context;
    try {
      checkSelector(selector, limits);
      const options = { ...selector, ...(from !== null && { from }) };
      const watch = new LiveWatch(this.#context, options, () => guard.mayRead(visitor, selector));
      this.#watches.set(id, watch);
      this.#outlet.reply({ type: 'progress', id, revision: watch.from - 1 });
      this.#feed(id, watch).catch((error) => this.#end(id, watch, this.#outlet.known(error)));
    } catch (error) {
      this.#end(id, null, this.#outlet.known(error));
    }
  }

  /** Bound: room is asked for before a part is encoded, so that a slow reader's watches hold no bytes. */
  async #feed(id: number, watch: LiveWatch): Promise<void> {
    const isMeant = (): boolean => this.#watches.get(id) === watch;
    while (isMeant()) {
      const revision = await watch.next();
      if (revision === null) return;
      for (const part of partsOf(revision)) {
        const told = this.#outlet.tell(part.bytes, () => (isMeant() ? replyOf(id, part) : null));
        if (told !== null) await told;
      }
    }
  }

  /** Only if it is still the one that is meant: the client may have begun another by that number. */
  #end(id: number, watch: LiveWatch | null, error: RaftError): void {
    if (this.#watches.get(id) !== watch) return;
    if (error.code === 'RAFT_WATCH_TOO_SLOW') this.#context.counters.watchesTooSlow += 1;
    this.cancel(id);
    this.#outlet.fail(id, error);
  }
}

function replyOf(id: number, { revision, isLast }: RevisionPart): ClientReply {
  if (isLast) return { type: 'watched', id, revisions: [revision] };
  return { type: 'part', id, revision };
}

/** About: the end of a prefix is as long as the prefix. */
function costOf({ selector }: WatchRequest): number {
  const bytes = SELECTOR_PARTS.reduce((sum, part) => sum + (selector[part]?.length ?? 0), 0);
  return WATCH_BYTES + 2 * bytes;
}
