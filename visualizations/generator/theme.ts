/**
 * Colours with a meaning, for a light and a dark page. A tone is given to a state by its name: the four roles of
 * Raft each have one, and so have working, waiting and trouble. What lies inside takes the tone of its container.
 */

export type Tone =
  | 'follower'
  | 'preCandidate'
  | 'candidate'
  | 'leader'
  | 'waiting'
  | 'trouble'
  | 'plain';

interface Shades {
  readonly line: string;
  readonly fill: string;
  readonly ink: string;
}

export const TONES: Readonly<Record<Tone, Readonly<Record<Scheme, Shades>>>> = {
  follower: {
    light: { line: '#5b8def', fill: '#edf3fe', ink: '#1d4fb4' },
    dark: { line: '#5486e0', fill: '#182640', ink: '#a8c7ff' },
  },
  preCandidate: {
    light: { line: '#d9a514', fill: '#fdf6df', ink: '#7d5b00' },
    dark: { line: '#b98f1e', fill: '#32290f', ink: '#f3d47c' },
  },
  candidate: {
    light: { line: '#e67a33', fill: '#fdefe5', ink: '#9c4410' },
    dark: { line: '#cf7136', fill: '#3a2314', ink: '#ffbd8f' },
  },
  leader: {
    light: { line: '#2fa36b', fill: '#e8f6ee', ink: '#126a40' },
    dark: { line: '#36a06c', fill: '#13301f', ink: '#8fe0b4' },
  },
  waiting: {
    light: { line: '#d9a514', fill: '#fdf6df', ink: '#7d5b00' },
    dark: { line: '#b98f1e', fill: '#32290f', ink: '#f3d47c' },
  },
  trouble: {
    light: { line: '#d9534f', fill: '#fdecec', ink: '#a3211d' },
    dark: { line: '#c9524e', fill: '#3b1a1a', ink: '#ffb0ac' },
  },
  plain: {
    light: { line: '#8793a6', fill: '#f4f6f9', ink: '#2b3442' },
    dark: { line: '#6a7688', fill: '#20262f', ink: '#dfe5ee' },
  },
};

const STATES: readonly (readonly [Tone, readonly string[]])[] = [
  ['follower', ['follower', 'dialing', 'handshaking', 'raft']],
  ['preCandidate', ['preCandidate']],
  ['candidate', ['candidate', 'applier']],
  [
    'leader',
    ['leader', 'running', 'active', 'open', 'replicate', 'writing', 'applying', 'replication'],
  ],
  [
    'waiting',
    ['recovering', 'draining', 'probe', 'postponed', 'awaiting', 'backingOff', 'logWriter'],
  ],
  ['trouble', ['stalled', 'refused', 'failed', 'halted']],
  ['plain', ['link']],
];
const TONE_OF_STATE = new Map(
  STATES.flatMap(([tone, keys]) => keys.map((key) => [key, tone] as const)),
);

export function toneOf(key: string, inherited: Tone): Tone {
  return TONE_OF_STATE.get(key) ?? inherited;
}

export type Scheme = 'light' | 'dark';

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

const FONTS =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Ubuntu, Cantarell, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

/** Of the picture and of nothing else on a page that it is set into: every rule begins with its class. */
export function scopeOf(scheme: Scheme): string {
  return `raftchart-${scheme}`;
}

/** Plain rules without variables and nesting, which not every viewer of SVG understands. */
export function styleSheet(name: Scheme): string {
  const { page, frame, ink, soft, arrow, guard } = PAGE[name];
  const rules = [
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
    ...Object.entries(TONES).flatMap(([tone, shades]) => toneRules(tone, shades[name], page)),
  ];
  return rules.map((rule) => scoped(rule, scopeOf(name))).join('\n');
}

/** `.title,.event{…}` → `.raftchart-light .title,.raftchart-light .event{…}`. */
export function scoped(rule: string, scope: string): string {
  const [selectors = '', body = ''] = rule.split(/(?=\{)/);
  return `${selectors.replaceAll(/[^,]+/g, (selector) => `.${scope} ${selector}`)}${body}`;
}

function toneRules(tone: string, { line, fill, ink }: Shades, page: string): readonly string[] {
  return [
    `.box.${tone}{fill:${fill};stroke:${line};stroke-width:1.5}`,
    `.leaf.${tone}{fill:${page};stroke:${line};stroke-width:1.5}`,
    `.region.${tone}{fill:none;stroke:${line};stroke-dasharray:5 4}`,
    `.name.${tone},.head.${tone}{fill:${ink}}`,
    `.arrow.${tone}{stroke:${ink}}`,
  ];
}
