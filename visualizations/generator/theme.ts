/**
 * Colours with a meaning, for a light and a dark page. A tone is given to a state by its name: the four roles of
 * Raft each have one, and so have working, waiting and trouble. What lies inside takes the tone of its container.
 */

export type Scheme = 'light' | 'dark';

interface Shades {
  readonly line: string;
  readonly fill: string;
  readonly ink: string;
}

export const TONES = {
  follower: shades('#5b8def #edf3fe #1d4fb4', '#5486e0 #182640 #a8c7ff'),
  preCandidate: shades('#d9a514 #fdf6df #7d5b00', '#b98f1e #32290f #f3d47c'),
  candidate: shades('#e67a33 #fdefe5 #9c4410', '#cf7136 #3a2314 #ffbd8f'),
  leader: shades('#2fa36b #e8f6ee #126a40', '#36a06c #13301f #8fe0b4'),
  waiting: shades('#d9a514 #fdf6df #7d5b00', '#b98f1e #32290f #f3d47c'),
  trouble: shades('#d9534f #fdecec #a3211d', '#c9524e #3b1a1a #ffb0ac'),
  plain: shades('#8793a6 #f4f6f9 #2b3442', '#6a7688 #20262f #dfe5ee'),
};
export type Tone = keyof typeof TONES;
export const TONE_NAMES = Object.keys(TONES).filter(isTone);

function isTone(name: string): name is Tone {
  return Object.hasOwn(TONES, name);
}

/** Line, fill and ink on a light page, and on a dark one. */
function shades(light: string, dark: string): Readonly<Record<Scheme, Shades>> {
  const of = (colors: string): Shades => {
    const [line = '', fill = '', ink = ''] = colors.split(' ');
    return { line, fill, ink };
  };
  return { light: of(light), dark: of(dark) };
}

const STATES: readonly (readonly [Tone, string])[] = [
  ['follower', 'follower dialing handshaking raft'],
  ['preCandidate', 'preCandidate readIndex'],
  ['candidate', 'candidate applier'],
  ['leader', 'leader running active open admitted replicate writing applying replication'],
  [
    'waiting',
    'recovering draining probe postponed awaiting expecting deciding backingOff logWriter',
  ],
  ['trouble', 'stalled refused failed halted'],
  ['plain', 'link call'],
];

export function toneOf(key: string, inherited: Tone): Tone {
  return STATES.find(([, keys]) => keys.split(' ').includes(key))?.[0] ?? inherited;
}

/** The page, what is drawn on it, and the inks of words: names, conditions, all else. */
export const PAGE = {
  light: {
    page: '#ffffff',
    frame: '#d5dbe4',
    arrow: '#55627a',
    ink: '#1b2430',
    soft: '#5a6678',
    guard: '#8a4b08',
  },
  dark: {
    page: '#0f141b',
    frame: '#333d4b',
    arrow: '#8a99b0',
    ink: '#e8edf4',
    soft: '#9ba8ba',
    guard: '#e5b06c',
  },
} as const satisfies Record<Scheme, Record<string, string>>;
export type PageColours = Readonly<Record<keyof (typeof PAGE)['light'], string>>;

const FONTS =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Ubuntu, Cantarell, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

/** Of the picture and of nothing else on a page that it is set into: every rule begins with its class. */
export function scopeOf(scheme: Scheme): string {
  return `raftchart-${scheme}`;
}

/** Plain rules without variables and nesting, which not every viewer of SVG understands. */
export function styleSheet(name: Scheme): string {
  const tones = TONE_NAMES.map((tone) => [`.${tone}`, TONES[tone][name]] as const);
  return pictureRules(PAGE[name], tones)
    .map((rule) => scoped(rule, scopeOf(name)))
    .join('\n');
}

/** The rules of a picture in any colours, also such as are variables; `tones`: by the selector of each. */
export function pictureRules(
  { page, frame, ink, soft, arrow, guard }: PageColours,
  tones: readonly (readonly [selector: string, Shades])[],
): readonly string[] {
  return [
    `text{font-family:${FONTS};font-size:12px}`,
    `.page{fill:${page}}`,
    `.frame{fill:none;stroke:${frame}}`,
    `.title,.event,.caption{fill:${ink}}`,
    `.description,.note,.mark,.action{fill:${soft}}`,
    `.guard{fill:${guard}}`,
    `.arrow{fill:none;stroke:${arrow};stroke-width:1.5}`,
    `.head,.dot{fill:${arrow}}`,
    `.rule{stroke:${frame}}`,
    `.everywhere{fill:${page};stroke:${arrow};stroke-dasharray:5 4}`,
    ...tones.flatMap(([selector, shades]) => toneRules(selector, shades, page)),
  ];
}

/** `.title,.event{…}` → `.raftchart-light .title,.raftchart-light .event{…}`. */
export function scoped(rule: string, scope: string): string {
  const [selectors = '', body = ''] = rule.split(/(?=\{)/);
  return `${selectors.replaceAll(/[^,]+/g, (selector) => `.${scope} ${selector}`)}${body}`;
}

function toneRules(tone: string, { line, fill, ink }: Shades, page: string): readonly string[] {
  return [
    `.box${tone}{fill:${fill};stroke:${line};stroke-width:1.5}`,
    `.leaf${tone}{fill:${page};stroke:${line};stroke-width:1.5}`,
    `.region${tone}{fill:none;stroke:${line};stroke-dasharray:5 4}`,
    `.name${tone},.head${tone}{fill:${ink}}`,
    `.arrow${tone}{stroke:${ink}}`,
  ];
}
