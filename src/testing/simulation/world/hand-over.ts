/** L11: where nothing goes wrong leadership moves as is asked for, to a member by name and to whoever is fittest. */
import type { NodeId } from '../../../core/types.ts';
import { transferLeadership } from '../faults/requests.ts';
import { describeMembers, leaderIn, votersIn, type World } from './world.ts';

/** One after the other, each within so many milliseconds. */
export async function moveLead(world: World, withinMs: number): Promise<void> {
  const leader = leaderIn(world)?.id;
  const to = votersIn(world).find((id) => id !== leader);
  if (to === undefined) return;
  for (const target of [to, null]) {
    if (world.violation !== null) return;
    const before = leaderIn(world)?.id;
    // A leader that went moved it to the last voter there is: nobody else may have it from there.
    if (!votersIn(world).some((id) => id !== before)) return;
    const request = new TransferRequest(world, target);
    if (await world.runUntilReached(withinMs, () => request.isGranted())) continue;
    const text = `leadership does not move from ${before} to ${target ?? 'another'}`;
    world.report('L11', `${text}: ${describeMembers(world)}`);
  }
}

/** Asked for again for as long as it is refused, at one voter after the other, as people would. */
class TransferRequest {
  readonly #world: World;
  readonly #to: NodeId | null;
  #asked = 0;
  #isAsking = false;
  #isGranted = false;

  constructor(world: World, to: NodeId | null) {
    this.#world = world;
    this.#to = to;
  }

  isGranted(): boolean {
    const voters = votersIn(this.#world);
    const node = voters[this.#asked % voters.length];
    if (this.#isGranted || this.#isAsking || node === undefined) return this.#isGranted;
    this.#asked += 1;
    this.#isAsking = true;
    transferLeadership(this.#world, { node, to: this.#to }, (leader) => {
      this.#isAsking = false;
      this.#isGranted = leader !== null;
    });
    return this.#isGranted;
  }
}
