/** What the members' processes hold, as the operating system counts it: resident memory in MiB, from /proc. */
import { anonymousMib, residentMib } from '../processes/process-usage.ts';

const SAMPLE_INTERVAL_MS = 50;

/** Looks at intervals; a process that has ended is left out from then on. */
export class MemoryWatch {
  readonly #before: ReadonlyMap<number, number>;
  readonly #most = new Map<number, number>();
  #anonymousMost = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(pids: readonly number[]) {
    this.#before = new Map(pids.map((pid) => [pid, residentMib(pid) ?? 0]));
    this.#timer = setInterval(() => this.#look(), SAMPLE_INTERVAL_MS);
  }

  /** The most that any of them ever held above what it held at the start. */
  get growthMib(): number {
    this.#look();
    return Math.max(...[...this.#most].map(([pid, most]) => most - (this.#before.get(pid) ?? 0)));
  }

  /** What is left of it now, in the one that kept most. */
  get keptMib(): number {
    const kept = [...this.#before].flatMap(([pid, before]) => {
      const now = residentMib(pid);
      return now === null ? [] : [now - before];
    });
    return Math.max(...kept);
  }

  /** The most that any of them ever held. */
  get mostMib(): number {
    this.#look();
    return Math.max(...this.#most.values());
  }

  /** The same without mapped files. */
  get mostAnonymousMib(): number {
    this.#look();
    return this.#anonymousMost;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const pid of this.#before.keys()) {
      const now = residentMib(pid);
      if (now !== null) this.#most.set(pid, Math.max(now, this.#most.get(pid) ?? 0));
      this.#anonymousMost = Math.max(this.#anonymousMost, anonymousMib(pid) ?? 0);
    }
  }
}
