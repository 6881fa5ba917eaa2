/**
 * A stranger on the client port: connects to any member, sends what harms, reads nothing or all of it, and comes
 * again. What becomes of it is its own business; what becomes of everyone else is checked.
 */
import type { Dial, FrameSocket } from '../../../ports/frame-socket.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { SometimesLog } from '../runtime/sometimes.ts';
import { hostileFrames } from './hostile-bytes.ts';

interface HostileCallerOptions {
  readonly process: SimulatedProcess;
  readonly random: SeededRandom;
  readonly dial: Dial;
  readonly urls: readonly string[];
  readonly sometimes: SometimesLog;
  readonly frameBytesMax: number;
}

/** The average pause between two things that it does, in milliseconds. */
const PAUSE_MS = 150;
const DIAL_TIMEOUT_MS = 500;

export class HostileCaller {
  readonly #options: HostileCallerOptions;
  #socket: FrameSocket | null = null;
  #isOver = false;

  constructor(options: HostileCallerOptions) {
    this.#options = options;
    this.#later();
  }

  end(): void {
    this.#isOver = true;
    this.#socket?.terminate();
  }

  #later(): void {
    const { process, random } = this.#options;
    process.clock.setTimeout(() => this.#act(), random.exponential(PAUSE_MS));
  }

  #act(): void {
    if (this.#isOver) return;
    const { random } = this.#options;
    if (this.#socket === null) this.#connect();
    else if (random.chance(0.03)) this.#socket.terminate();
    else if (this.#socket.isOpen) this.#attack(this.#socket);
    this.#later();
  }

  #connect(): void {
    const { dial, urls, random, frameBytesMax, sometimes } = this.#options;
    const socket = dial(random.pick(urls), { timeoutMs: DIAL_TIMEOUT_MS, frameBytesMax });
    socket.listen({
      onFrame: () => {},
      onPong: () => {},
      onBroken: () => {},
      onClose: (why) => {
        this.#socket = null;
        if (isRefusal(why)) sometimes.note('a hostile connection is closed for what it sent');
      },
    });
    this.#socket = socket;
  }

  #attack(socket: FrameSocket): void {
    const { random } = this.#options;
    const mood = random.next();
    if (mood < 0.2) socket.pause();
    else if (mood < 0.35) socket.resume();
    for (const frame of hostileFrames(random)) socket.send(frame);
  }
}

/** Other ends: the network, a restart, a leader that is elsewhere. */
function isRefusal(why: string): boolean {
  return !/was closed|mended|stopping|halted|timed out|ECONNREFUSED|503/.test(why);
}
