/**
 * Whoever restarts nodes: a process that has ended is started again after a while, as a service manager does,
 * unless a fault keeps it down.
 */
import type { SimulatedMember } from './member.ts';
import type { World } from './world.ts';

/** A halted or refused node is tried again after so long, in simulated milliseconds. */
const RESTART_MS = 700;

export class Supervisor {
  readonly #world: World;
  /** How many faults keep a member down. */
  readonly #holds = new Map<SimulatedMember, number>();

  constructor(world: World) {
    this.#world = world;
    for (const member of world.all) this.#watch(member);
  }

  bootAll(): void {
    for (const member of this.#world.all) this.#bootIfFree(member);
  }

  /** Ends the life of a member and keeps it from starting until the returned function is called. */
  hold(member: SimulatedMember, kind: 'kill' | 'power'): () => void {
    if (member.process !== null) this.#world.crashes += 1;
    member.kill(kind);
    this.#holds.set(member, this.#count(member) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds.set(member, this.#count(member) - 1);
      this.#bootIfFree(member);
    };
  }

  /** Starts everything that is not held, after a halt or a refusal as well. */
  restartAll(): void {
    for (const member of this.#world.all) {
      if (member.state === 'halted' || member.state === 'refused') member.kill('kill');
      this.#bootIfFree(member);
    }
  }

  /** Looks after a member for as long as the run lasts. */
  #watch(member: SimulatedMember): void {
    this.#world.clock.setTimeout(() => {
      if (member.state === 'halted' || member.state === 'refused') {
        member.kill('kill');
        this.#bootIfFree(member);
      }
      this.#watch(member);
    }, RESTART_MS);
  }

  #bootIfFree(member: SimulatedMember): void {
    if (member.state === 'down' && this.#count(member) === 0) member.boot();
  }

  #count(member: SimulatedMember): number {
    return this.#holds.get(member) ?? 0;
  }
}
