/** The colours of the pictures, as variables for both schemes: the page has no others. */
import {
  PAGE,
  type PageColours,
  pictureRules,
  type Scheme,
  scoped,
  TONE_NAMES,
  TONES,
} from '../generator/theme.ts';

/** The pictures on the page are inside an element with this class. */
const STAGE = 'picture';

export function colourSheet(): string {
  const of = (scheme: Scheme): string => `color-scheme:${scheme};${variables(scheme)}`;
  const schemes = [
    `:root{${of('light')}}`,
    `:root[data-scheme="dark"]{${of('dark')}}`,
    // Before the program has said what was chosen.
    `@media (prefers-color-scheme:dark){:root:not([data-scheme]){${of('dark')}}}`,
  ];
  const page: PageColours = {
    ...{ page: 'var(--page)', frame: 'var(--frame)', arrow: 'var(--arrow)' },
    ...{ ink: 'var(--ink)', soft: 'var(--soft)', guard: 'var(--guard)' },
  };
  const rules = pictureRules(page, [['', SHADES]]);
  return [
    ...schemes,
    ...TONE_NAMES.map(toneRule),
    ...rules.map((rule) => scoped(rule, STAGE)),
  ].join('\n');
}

function variables(scheme: Scheme): string {
  const ofPage = Object.entries(PAGE[scheme]).map(([name, colour]) => `--${name}:${colour}`);
  const ofTones = TONE_NAMES.flatMap((tone) =>
    Object.entries(TONES[tone][scheme]).map(([part, colour]) => `--${tone}-${part}:${colour}`),
  );
  return [...ofPage, ...ofTones].join(';');
}

/** The shades of whatever tone something is given by its class, in a picture or elsewhere. */
const SHADES = { line: 'var(--line)', fill: 'var(--fill)', ink: 'var(--word)' };

function toneRule(tone: string): string {
  const shades = `--line:var(--${tone}-line);--fill:var(--${tone}-fill);--word:var(--${tone}-ink)`;
  return `.tone-${tone},.${STAGE} .${tone}{${shades}}`;
}
