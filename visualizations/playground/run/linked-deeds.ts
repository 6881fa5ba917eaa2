/** What was done by hand in a run, as a part of its link. Each field is proven: a link may say anything. */
import { type NodeId, nodeId } from '../../../src/core/types.ts';
import type { Direction } from '../../../src/testing/simulation/plan/directions.ts';
import { LinkError, wordFrom } from './link-text.ts';
import { type Deed, NODES_MAX, type TimedDeed } from './run.ts';

const DEEDS_MAX = 1_000;

/** Of each `[step, type, …]`: short enough for a link. */
export function textOfDeeds(deeds: readonly TimedDeed[]): string {
  return JSON.stringify(deeds.map(listOf));
}

function listOf({ step, deed }: TimedDeed): readonly unknown[] {
  const { type, ...rest } = deed;
  return [step, type, rest];
}

/** Throws a `LinkError`. */
export function deedsFrom(text: string): readonly TimedDeed[] {
  const lists = parsed(text);
  if (!Array.isArray(lists) || lists.length > DEEDS_MAX) {
    throw new LinkError(`deeds is a list of at most ${DEEDS_MAX}.`);
  }
  return lists.map((list, at) => {
    const [step, type, rest] = Array.isArray(list) ? list : [];
    const isTimed = Number.isInteger(step) && step >= 0;
    const isDeed = typeof type === 'string' && Object.hasOwn(DEEDS, type) && isFields(rest);
    if (!isTimed || !isDeed) {
      throw new LinkError(`Deed ${at + 1} of the link is not one that can be done.`);
    }
    return { step, deed: DEEDS[type as Deed['type']](rest) };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LinkError('deeds is not JSON: was the link cut off?');
  }
}

type Fields = Readonly<Record<string, unknown>>;
function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

type Taken = { readonly [Type in Deed['type']]: (fields: Fields) => Deed & { type: Type } };

const DEEDS: Taken = {
  crash: ({ node, power }) => ({ type: 'crash', node: nodeFrom(node), power: power === true }),
  freeze: ({ node }) => ({ type: 'freeze', node: nodeFrom(node) }),
  restart: ({ node }) => ({ type: 'restart', node: nodeFrom(node) }),
  diskStall: ({ node }) => ({ type: 'diskStall', node: nodeFrom(node) }),
  diskFull: ({ node }) => ({ type: 'diskFull', node: nodeFrom(node) }),
  wipe: ({ node }) => ({ type: 'wipe', node: nodeFrom(node) }),
  writeError: ({ node, outcome }) => ({
    type: 'writeError',
    node: nodeFrom(node),
    outcome: outcome === 'maybe' ? 'maybe' : 'absent',
  }),
  partition: ({ cuts, isHard }) => ({
    type: 'partition',
    shape: 'random',
    cuts: listFrom(cuts, directionFrom),
    isHard: isHard === true,
  }),
  disorder: ({ directions, disorder }) => ({
    type: 'disorder',
    directions: listFrom(directions, directionFrom),
    disorder: {
      lossRate: rateFrom(disorder, 'lossRate'),
      duplicateRate: rateFrom(disorder, 'duplicateRate'),
      reorderRate: rateFrom(disorder, 'reorderRate'),
      replayRate: rateFrom(disorder, 'replayRate'),
      breakRate: rateFrom(disorder, 'breakRate'),
    },
  }),
  reset: ({ direction }) => ({ type: 'reset', direction: directionFrom(direction) }),
  change: ({ node, add, promote, remove }) => ({
    type: 'change',
    node: nodeFrom(node),
    add: listFrom(add, nodeFrom),
    promote: listFrom(promote, nodeFrom),
    remove: listFrom(remove, nodeFrom),
  }),
  transfer: ({ node, to }) => ({
    type: 'transfer',
    node: nodeFrom(node),
    to: to === null ? null : nodeFrom(to),
  }),
  put: ({ node, key, value }) => ({
    type: 'put',
    node: nodeFrom(node),
    key: wordFrom(key, 'a key'),
    value: wordFrom(value, 'a value', 0),
  }),
  mend: () => ({ type: 'mend' }),
};

function nodeFrom(value: unknown): NodeId {
  if (typeof value === 'string' && /^n[1-7]$/.test(value)) return nodeId(value);
  throw new LinkError(`Nodes are named n1 to n${NODES_MAX}.`);
}

function directionFrom(value: unknown): Direction {
  const { from, to } = (value ?? {}) as Fields;
  return { from: nodeFrom(from), to: nodeFrom(to) };
}

function rateFrom(value: unknown, name: string): number {
  const { [name]: rate = 0 } = (value ?? {}) as Fields;
  if (typeof rate === 'number' && rate >= 0 && rate <= 1) return rate;
  throw new LinkError(`${name} is a share from 0 to 1.`);
}

function listFrom<Each>(value: unknown, take: (each: unknown) => Each): readonly Each[] {
  if (Array.isArray(value) && value.length <= NODES_MAX * NODES_MAX) return value.map(take);
  throw new LinkError('A list in a deed is too long, or none.');
}
