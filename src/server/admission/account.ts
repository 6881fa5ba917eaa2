/**
 * What one connection holds, and what waits until there is room for it: room of its own, up to its bound, and room
 * beside all others, which `held-bytes.ts` grants (SP5). What waits is served in the order in which it asked.
 */

interface Waiting {
  readonly bytes: number;
  readonly run: Attempt;
}

/** Done, then `null`; or nothing was done, since it needs so many bytes and they do not fit. */
export type Attempt = (fits: (bytes: number) => boolean) => number | null;

/** What stands between an account and the first in its line. */
export type WaitsFor = 'nothing' | 'itsReader' | 'others';

/** The connection that it belongs to. */
interface AccountOwner {
  readonly bytesMax: number;
  readonly end: () => void;
}

/** The account's side of all that is held together. */
export interface Ledger {
  readonly moved: (account: Account, bytes: number) => void;
  readonly hasRoom: (bytes: number) => boolean;
  readonly waits: (account: Account) => void;
  readonly left: (account: Account, bytes: number) => void;
  readonly wantsNothing: (account: Account) => void;
}

export class Account {
  readonly #ledger: Ledger;
  readonly #owner: AccountOwner;
  #bytes = 0;
  #line: Waiting[] = [];
  #isServing = false;
  #isStopped = false;
  #isClosed = false;
  /** The tick at which it last took or was given something. */
  movedAt = 0;

  constructor(ledger: Ledger, owner: AccountOwner) {
    this.#ledger = ledger;
    this.#owner = owner;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Now, without asking. */
  hold(bytes: number): void {
    if (this.#isClosed || bytes === 0) return;
    this.#bytes += bytes;
    this.#ledger.moved(this, bytes);
  }

  /** Its reader has taken something, though what is held is the same. */
  touch(): void {
    if (!this.#isClosed) this.#ledger.moved(this, 0);
  }

  /** So many of them are gone. */
  release(bytes: number): void {
    if (this.#isClosed || bytes === 0) return;
    this.#bytes -= bytes;
    this.#ledger.moved(this, -bytes);
  }

  /**
   * Runs at once if there is room for `bytes` more, otherwise when there is, in order; never once closed.
   * What `run` holds, it says by `hold`.
   */
  whenRoom(bytes: number, run: () => void): void {
    this.whenItFits(bytes, () => {
      run();
      return null;
    });
  }

  /** The same for what learns only by a look how much it needs: then it keeps its turn until there is room for that. */
  whenItFits(bytes: number, run: Attempt): void {
    if (this.#isStopped) return;
    const needed = !this.isWaiting && this.#hasRoom(bytes) ? run(this.#fits) : bytes;
    if (needed === null || this.#isStopped) return;
    this.#line.push({ bytes: needed, run });
    this.#ledger.waits(this);
  }

  get isWaiting(): boolean {
    return this.#line.length > 0;
  }

  get waitsFor(): WaitsFor {
    const [first] = this.#line;
    if (first === undefined) return 'nothing';
    return this.#hasOwnRoom(first.bytes) ? 'others' : 'itsReader';
  }

  serveLine(): WaitsFor {
    // What is run may close others, which makes room and comes back here.
    if (this.#isServing || this.#line.length === 0) return 'nothing';
    this.#isServing = true;
    let served = 0;
    for (const { bytes, run } of this.#line) {
      if (this.#isStopped || !this.#hasRoom(bytes)) break;
      const needed = run(this.#fits);
      if (needed !== null) {
        this.#line[served] = { bytes: needed, run };
        break;
      }
      served += 1;
    }
    this.#line = this.#line.slice(served);
    this.#isServing = false;
    return this.waitsFor;
  }

  /** Nobody waits any more, and nothing is let in; what is held counts until it is released. Harmless twice. */
  stop(): void {
    this.#isStopped = true;
    this.#line = [];
    this.#ledger.wantsNothing(this);
  }

  /** Closes it and breaks the connection. */
  end(): void {
    if (this.#isClosed) return;
    this.close();
    this.#owner.end();
  }

  /** Nothing is held any more, and nobody waits. Harmless twice. */
  close(): void {
    if (this.#isClosed) return;
    this.stop();
    this.#isClosed = true;
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.#ledger.left(this, bytes);
  }

  readonly #fits = (bytes: number): boolean => this.#hasRoom(bytes);

  #hasRoom(bytes: number): boolean {
    return this.#hasOwnRoom(bytes) && this.#ledger.hasRoom(bytes);
  }

  #hasOwnRoom(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#owner.bytesMax;
  }
}
