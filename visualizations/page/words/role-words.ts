/** Roles as a person reads them. */
import type { ShownRole } from '../fold/scene.ts';

const WORDS: Readonly<Record<ShownRole, string>> = {
  follower: 'follower',
  learner: 'learner',
  preCandidate: 'pre-candidate',
  candidate: 'candidate',
  leader: 'leader',
  halted: 'halted',
  silent: 'not heard of',
  stopped: 'stopped',
  dead: 'dead',
  unheard: 'not heard yet',
};

export function wordOfRole(role: ShownRole): string {
  return WORDS[role];
}
