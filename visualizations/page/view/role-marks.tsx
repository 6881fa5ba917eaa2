/** A role is told three ways: by its colour, by its sign and by its word. */
import type { ComponentChildren, JSX } from 'preact';
import type { ShownRole } from '../fold/scene.ts';

/** Of the pictures' tones. */
const TONES: Readonly<Record<ShownRole, string>> = {
  follower: 'follower',
  learner: 'plain',
  preCandidate: 'preCandidate',
  candidate: 'candidate',
  leader: 'leader',
  halted: 'trouble',
  silent: 'waiting',
  stopped: 'waiting',
  dead: 'trouble',
  unheard: 'plain',
};

export function toneOfRole(role: ShownRole): string {
  return TONES[role];
}

/** Around the origin, about 10 across, in the colour of its surroundings. */
export function RoleSign({ role }: { readonly role: ShownRole }): JSX.Element {
  return <g class="sign">{SIGNS[role]}</g>;
}

const DIAMOND = 'M0-5.5 5.5 0 0 5.5-5.5 0Z';
const STAR = 'M0-6.2 1.8-2.1 6.2-1.8 2.8 1.1 3.8 5.4 0 3 -3.8 5.4 -2.8 1.1 -6.2-1.8 -1.8-2.1Z';

const SIGNS: Readonly<Record<ShownRole, ComponentChildren>> = {
  follower: <circle r="3.4" class="full" />,
  learner: <circle r="3.8" class="hollow" />,
  preCandidate: <path d={DIAMOND} class="hollow" />,
  candidate: <path d={DIAMOND} class="full" />,
  leader: <path d={STAR} class="full" />,
  halted: <rect x="-4" y="-4" width="8" height="8" class="full" />,
  silent: <path d="M-4.6 0h1.8M-.9 0h1.8M2.8 0h1.8" class="hollow" />,
  stopped: <path d="M-2.4-4.4V4.4M2.4-4.4V4.4" class="hollow" />,
  dead: <path d="M-4-4 4 4M4-4-4 4" class="hollow" />,
  unheard: <path d="M-4 0H4" class="hollow" />,
};
