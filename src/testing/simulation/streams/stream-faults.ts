/** What befalls streams and their clients on the way: ends, silences, stalls, programs that stand still. */
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { World } from '../world/world.ts';
import type { OpenStream, StreamNetwork } from './stream-network.ts';

interface StreamFaultsOptions {
  readonly world: World;
  readonly network: StreamNetwork;
  readonly random: SeededRandom;
  /** The average time between two, in milliseconds. */
  readonly everyMs: number;
  readonly programs: readonly SimulatedProcess[];
}

/** Each side of a broken stream hears of it within so long of the other, in milliseconds. */
const APART_MS = 300;
const STALL_MS = 2_000;
const FREEZE_MS = 1_500;

export class StreamFaults {
  readonly #options: StreamFaultsOptions;
  #isOver = false;

  constructor(options: StreamFaultsOptions) {
    this.#options = options;
    this.#later();
  }

  end(): void {
    this.#isOver = true;
    for (const program of this.#options.programs) if (program.isFrozen) program.thaw();
  }

  #later(): void {
    const { world, random, everyMs } = this.#options;
    world.clock.setTimeout(() => {
      if (this.#isOver) return;
      this.#strike();
      this.#later();
    }, random.exponential(everyMs));
  }

  #strike(): void {
    const { network, random } = this.#options;
    const { open } = network;
    if (random.chance(0.15)) return this.#freeze();
    if (open.length === 0) return;
    const struck = random.pick(open);
    switch (random.integer(0, 3)) {
      case 0:
        return this.#cut(struck);
      case 1:
        return this.#note(struck, 'vanishes without a word', () => struck.stream.vanish());
      default:
        return this.#stall(struck);
    }
  }

  /** Both sides hear of it, one of them later. */
  #cut(struck: OpenStream): void {
    const { world, random } = this.#options;
    const { stream } = struck;
    this.#note(struck, 'breaks', () => stream.vanish());
    for (const end of [stream.client, stream.server]) {
      world.clock.setTimeout(
        () => {
          world.letPromisesRun();
          end.over('read ECONNRESET');
        },
        random.between(0, APART_MS),
      );
    }
  }

  #stall(struck: OpenStream): void {
    const { random } = this.#options;
    const direction = random.chance(0.5) ? 'up' : 'down';
    const forMs = random.exponential(STALL_MS);
    this.#note(struck, `stalls for ${Math.round(forMs)} ms, ${direction}`, () =>
      struck.stream.stall(direction, forMs),
    );
  }

  #freeze(): void {
    const { world, programs, random } = this.#options;
    if (programs.length === 0) return;
    const program = random.pick(programs);
    if (program.isFrozen) return;
    world.note(null, `${program.name} stands still`);
    program.freeze();
    world.clock.setTimeout(() => {
      if (program.isFrozen) program.thaw();
    }, random.exponential(FREEZE_MS));
  }

  #note({ member }: OpenStream, what: string, strike: () => void): void {
    this.#options.world.note(null, `a stream to ${member} ${what}`);
    strike();
  }
}
