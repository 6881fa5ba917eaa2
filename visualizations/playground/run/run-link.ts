/**
 * A run as the part of a link behind its `#`, legible for people: `seed=7&version=4`, `play=elections/split-vote`,
 * `nodes=5&seed=1&…&deeds=[…]`, each with `&step=…` where it stands. Whatever else is there is refused in a sentence.
 */
import { PLAN_VERSIONS } from '../../../src/testing/simulation/plan/plan-version.ts';
import { LinkError, wordFrom } from './link-text.ts';
import { deedsFrom, textOfDeeds } from './linked-deeds.ts';
import { type ClusterRun, DEFAULT_CLUSTER, NODES_MAX, type RunDescription } from './run.ts';

/** Bound: characters of a link; browsers take more, and people do not. */
const LINK_CHARACTERS_MAX = 60_000;
/** Bound: what a page leads a run to; a minute of a large cluster. */
const STEPS_MAX = 100_000;
/** Bound: any time in a run, in milliseconds. */
const MS_MAX = 600_000;

const NUMBERS = {
  nodes: [1, NODES_MAX],
  electionTimeoutMinMs: [10, MS_MAX],
  electionTimeoutMaxMs: [10, MS_MAX],
  heartbeatIntervalMs: [1, MS_MAX],
  latencyMs: [0, MS_MAX],
  jitterMs: [0, MS_MAX],
} as const;
type NumberName = keyof typeof NUMBERS;
const NUMBER_NAMES = Object.keys(NUMBERS) as NumberName[];

/** `step`: where the run stands, if the link is to say so. */
export function linkOf(run: RunDescription, step?: number): string {
  const place = step === undefined ? {} : { step: String(step) };
  return new URLSearchParams({ ...fieldsOf(run), ...place }).toString();
}

/** Where the run stands in the link; `null` if it does not say. */
export function stepFrom(link: string): number | null {
  const text = fieldsIn(link).get('step');
  const step = Number(text);
  if (text === null) return null;
  if (text !== '' && Number.isInteger(step) && step >= 0 && step <= STEPS_MAX) return step;
  throw new LinkError(`step is a whole number from 0 to ${STEPS_MAX}.`);
}

const FIELDS: readonly string[] = [...NUMBER_NAMES, 'seed', 'deeds', 'version', 'play', 'step'];

/** Refuses what would be read as something else than what was meant. */
function fieldsIn(link: string): URLSearchParams {
  const text = link.replace(/^#/, '');
  try {
    decodeURIComponent(text);
  } catch {
    throw new LinkError('A percent sign in this link begins no character: was it cut off?');
  }
  const fields = new URLSearchParams(text);
  const strange = [...fields.keys()].find((name) => !FIELDS.includes(name));
  const double = FIELDS.find((name) => fields.getAll(name).length > 1);
  if (double !== undefined) throw new LinkError(`This link says ${double} twice.`);
  if (strange === undefined) return fields;
  const name = /^\w{1,20}$/.test(strange) ? strange : 'something';
  const known = 'seed=7&version=4, play=elections/split-vote or nodes=5&seed=1';
  throw new LinkError(`This link says ${name}, which is no part of a run. Try ${known}.`);
}

function fieldsOf(run: RunDescription): Readonly<Record<string, string>> {
  switch (run.kind) {
    case 'seed':
      return { seed: run.seed, version: String(run.version) };
    case 'play':
      return { play: run.name };
    case 'cluster': {
      const { deeds, seed } = run;
      const numbers = NUMBER_NAMES.map((name) => [name, String(run[name])] as const);
      const told = deeds.length === 0 ? {} : { deeds: textOfDeeds(deeds) };
      return { ...Object.fromEntries(numbers), seed, ...told };
    }
  }
}

/** Throws a `LinkError`. An empty text is the cluster that everyone begins with. */
export function runFrom(link: string): RunDescription {
  if (link.length > LINK_CHARACTERS_MAX) throw new LinkError('The link is too long to be a run.');
  const given = fieldsIn(link);
  if (given.has('play')) return playFrom(alone(given, 'play').get('play') ?? '');
  const version = given.get('version');
  if (version === null) return clusterFrom(given);
  return seedFrom(alone(given, 'version', 'seed').get('seed') ?? '', version);
}

/** Beside these only where the run stands: a play has its own cast, and a seed its own cluster. */
function alone(given: URLSearchParams, ...names: readonly string[]): URLSearchParams {
  const other = [...given.keys()].find((name) => name !== 'step' && !names.includes(name));
  if (other === undefined) return given;
  throw new LinkError(`This link says ${names[0]} and ${other}, which do not go together.`);
}

function playFrom(name: string): RunDescription {
  if (!/^[a-z]+\/[a-z0-9-]+$/.test(name)) {
    throw new LinkError(
      'This link names no play. Each has a chapter and a name, as play=elections/split-vote; all are listed under “A play”.',
    );
  }
  return { kind: 'play', name };
}

function seedFrom(seed: string, version: string): RunDescription {
  const known = PLAN_VERSIONS.find((each) => String(each) === version);
  if (known === undefined) {
    throw new LinkError(
      `This link names version ${version.slice(0, 10)} of the simulator, which knows ${PLAN_VERSIONS.join(', ')}.`,
    );
  }
  return { kind: 'seed', seed: wordFrom(seed, 'a seed'), version: known };
}

function clusterFrom(given: URLSearchParams): ClusterRun {
  const numbers = NUMBER_NAMES.map((name) => [name, numberFrom(given, name)] as const);
  const run: ClusterRun = {
    ...DEFAULT_CLUSTER,
    ...Object.fromEntries(numbers),
    seed: wordFrom(given.get('seed') ?? DEFAULT_CLUSTER.seed, 'a seed'),
    deeds: deedsFrom(given.get('deeds') ?? '[]'),
  };
  const { electionTimeoutMaxMs, electionTimeoutMinMs, heartbeatIntervalMs } = run;
  if (electionTimeoutMinMs <= heartbeatIntervalMs || electionTimeoutMaxMs < electionTimeoutMinMs) {
    throw new LinkError(
      'A heartbeat is shorter than the shortest election timeout, and that no longer than the longest.',
    );
  }
  return run;
}

function numberFrom(given: URLSearchParams, name: NumberName): number {
  const text = given.get(name);
  if (text === null) return DEFAULT_CLUSTER[name];
  const [least, most] = NUMBERS[name];
  const number = Number(text);
  const isWhole = name !== 'nodes' || Number.isInteger(number);
  if (isWhole && number >= least && number <= most && text !== '') return number;
  throw new LinkError(`${name} is a number from ${least} to ${most}.`);
}
