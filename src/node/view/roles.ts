/** Tells of each change of role or of the known leader, once, and counts them. What they are the raft chart knows. */
import type { RoleChanged } from '../../core/effect.ts';
import { TERM_ZERO, type Term } from '../../core/types.ts';
import type { RoleEvent } from '../../ports/replica.ts';
import type { End } from '../tree/endings.ts';

export class Roles {
  readonly #tell: (event: RoleEvent) => void;
  #told: RoleEvent = { role: 'follower', term: TERM_ZERO, leader: null, cause: 'started' };
  elections = 0;
  leaderChanges = 0;

  constructor(startTerm: Term, tell: (event: RoleEvent) => void) {
    this.#told = { ...this.#told, term: startTerm };
    this.#tell = tell;
  }

  changed({ role, term, leaderId: leader, cause }: RoleChanged): void {
    if (role === 'candidate') this.elections += 1;
    if (leader !== null && leader !== this.#told.leader) this.leaderChanges += 1;
    this.#change({ role, term, leader, cause });
  }

  end({ error }: End): void {
    if (error === null) return;
    this.#change({ role: 'halted', term: this.#told.term, leader: null, cause: error.message });
  }

  #change(event: RoleEvent): void {
    const { role, term, leader } = this.#told;
    const isSame = role === event.role && term === event.term && leader === event.leader;
    this.#told = event;
    if (!isSame) this.#tell(event);
  }
}
