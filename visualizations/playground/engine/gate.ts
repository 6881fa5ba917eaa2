/** Where a run stands and waits: it may go on so far as it was let, and no further. */

/** How a run ends that nobody watches any more. */
class Abandoned extends Error {
  override readonly name = 'Abandoned';
}

/** Whether it may go on. */
type Permit = () => boolean;

const NEVER: Permit = () => false;

export class Gate {
  readonly #look: () => void;
  #step = 0;
  #isOver = false;
  #mayPass: Permit = NEVER;
  #goOn: ((abandoned: Abandoned | null) => void) | null = null;
  #stands: (() => void) | null = null;

  /** `look` is called after each step, before it is known whether there is another. */
  constructor(look: () => void) {
    this.#look = look;
  }

  /** How many steps have been taken. */
  get step(): number {
    return this.#step;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** For the run, before its first step: waits until it may take one. */
  begin(): Promise<void> | null {
    return this.#mayPass() ? null : this.#wait();
  }

  /** For the run, after each step; a promise that is kept when it may take the next one, `null` if it may at once. */
  passed(): Promise<void> | null {
    this.#step += 1;
    this.#look();
    return this.begin();
  }

  /** Carries the run out; it is over when it has ended, or was abandoned. What else it throws is thrown. */
  async carry(run: () => Promise<unknown>): Promise<void> {
    try {
      await this.begin();
      await run();
    } catch (error) {
      if (!(error instanceof Abandoned)) throw error;
    } finally {
      this.#isOver = true;
      this.#stands?.();
    }
  }

  /** Ends a run that stands. */
  abandon(): void {
    this.#goOn?.(new Abandoned('nobody watches this run any more'));
  }

  /** Lets the run go on as long as it may; resolves when it stands again, or is over. */
  async letPass(mayPass: Permit): Promise<void> {
    if (this.#isOver || !mayPass()) return;
    this.#mayPass = mayPass;
    const standing = new Promise<void>((done) => {
      this.#stands = done;
    });
    this.#goOn?.(null);
    await standing;
    this.#mayPass = NEVER;
    this.#stands = null;
  }

  #wait(): Promise<void> {
    return new Promise((goOn, end) => {
      this.#goOn = (abandoned) => {
        this.#goOn = null;
        if (abandoned === null) goOn();
        else end(abandoned);
      };
      this.#stands?.();
    });
  }
}
