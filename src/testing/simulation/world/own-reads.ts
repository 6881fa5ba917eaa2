/**
 * Reads of what a client has just written, at any member (RD5): told that it may read, it is held against what that
 * member has applied (S46). Now and then one names an entry that nobody wrote, and must not be told so.
 */
import type { RaftError } from '../../../core/errors.ts';
import { type EntryId, nextTerm } from '../../../core/types.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { SimulatedMember } from './member.ts';
import type { World } from './world.ts';

/** How often the entry is one of another term. */
const WRONG_CHANCE = 0.2;

export class OwnReads {
  readonly #world: World;
  readonly #random: SeededRandom;

  constructor(world: World, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  /** A write took effect there; now and then its client asks somebody for it. */
  written(id: EntryId): void {
    const { plan } = this.#world;
    if (!this.#random.chance(plan.workload.ownReads)) return;
    const asked = this.#world.member(this.#random.pick(plan.members));
    if (asked.state !== 'up' || asked.isForeign) return;
    const isWrong = this.#random.chance(WRONG_CHANCE);
    this.#ask(asked, isWrong ? { ...id, term: nextTerm(id.term) } : id, isWrong);
  }

  #ask(member: SimulatedMember, atLeast: EntryId, isWrong: boolean): void {
    const { plan, sometimes } = this.#world;
    const { node, process } = member;
    if (node === null || process === null) return;
    const { timeoutMs } = plan.workload;
    if (node.inspection().lastApplied < atLeast.index) {
      sometimes.note('a read waits for the write that it names');
    }
    process.run('input', () => {
      node.awaitReadable({ timeoutMs, atLeast }, (error) =>
        this.#told(member, atLeast, {
          ...{ error, isWrong },
        }),
      );
    });
  }

  #told(
    { id, node }: SimulatedMember,
    { term, index }: EntryId,
    { error, isWrong }: { readonly error: RaftError | null; readonly isWrong: boolean },
  ): void {
    const entry = `entry ${term}/${index}`;
    if (error?.code === 'RAFT_OVERWRITTEN' && !isWrong) {
      this.#world.report('S46', `${id} says of ${entry} that it was overwritten; it took effect`);
    }
    if (error !== null || node === null) return;
    const { lastApplied, raft } = node.inspection();
    if (lastApplied < index) {
      this.#world.report('S46', `${id} lets read ${entry} at ${lastApplied}`);
    }
    const base = raft?.log.base.index ?? index;
    if (isWrong && index > base) {
      this.#world.report('S46', `${id} lets read ${entry}, which nobody wrote`);
    }
  }
}
