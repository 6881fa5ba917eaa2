/**
 * Small histories in which about half can be explained: a run of a machine by up to three clients whose calls
 * overlap, and then, more often than not, one answer taken from another moment of the run, as stale reads,
 * lost and repeated writes look. Some outcomes are made unknown, whether or not they took effect.
 */
import type { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import type { SmallInput, SmallMachine, SmallOperation } from './small-machines.ts';

const CLIENTS = 3;
const OPERATIONS_MAX = 6;
const UNKNOWN_SHARES = [0, 0, 0.1, 0.4];
const CORRUPTIONS_MAX = 4;

interface Draft extends SmallInput {
  readonly client: number;
  readonly calledAt: number;
  readonly isUnknown: boolean;
  hasTakenEffect: boolean;
  answer: number;
  returnedAt: number;
}

export function randomHistory(machine: SmallMachine, random: SeededRandom): SmallOperation[] {
  const { drafts, states } = run(machine, random);
  for (let count = random.integer(0, CORRUPTIONS_MAX); count > 0; count -= 1) {
    corrupt(machine, random, drafts, states);
  }
  return random.shuffle(drafts).map(({ isUnknown, hasTakenEffect: _, answer, ...operation }) => ({
    ...operation,
    answer: isUnknown ? null : answer,
  }));
}

interface Run {
  readonly drafts: readonly Draft[];
  /** Every state that the machine was in. */
  readonly states: readonly number[];
}

function run(machine: SmallMachine, random: SeededRandom): Run {
  const total = random.integer(4, OPERATIONS_MAX);
  const keys = random.integer(0, 1);
  const unknownShare = random.pick(UNKNOWN_SHARES);
  const drafts: Draft[] = [];
  const states = [0];
  const pending = new Array<Draft | null>(CLIENTS).fill(null);
  let client = 0;
  for (let position = 1; drafts.length < total || pending.some(isWaiting); position += 1) {
    // Often the same one, or everything overlapped everything and nearly any answer were right.
    const isOver = pending[client] === null && drafts.length === total;
    if (isOver || random.chance(0.25)) client = random.integer(0, CLIENTS - 1);
    const draft = pending[client] ?? null;
    if (draft === null) {
      if (drafts.length === total) continue;
      const called = newDraft(machine, random, { client, keys, unknownShare, position });
      pending[client] = called;
      drafts.push(called);
    } else if (!draft.hasTakenEffect && !(draft.isUnknown && random.chance(0.5))) {
      takeEffect(machine, draft, states);
    } else {
      draft.returnedAt =
        draft.isUnknown && random.chance(0.5) ? Number.POSITIVE_INFINITY : position;
      pending[client] = null;
    }
    takeLateEffect(machine, random, drafts, states);
  }
  return { drafts, states };
}

function isWaiting(draft: Draft | null): boolean {
  return draft !== null && !draft.isUnknown;
}

function newDraft(
  machine: SmallMachine,
  random: SeededRandom,
  {
    client,
    keys,
    unknownShare,
    position,
  }: {
    readonly client: number;
    readonly keys: number;
    readonly unknownShare: number;
    readonly position: number;
  },
): Draft {
  return {
    client,
    key: random.integer(0, keys),
    kind: random.pick(machine.kinds),
    value: random.integer(1, 3),
    expected: random.integer(1, 3),
    calledAt: position,
    isUnknown: random.chance(unknownShare),
    hasTakenEffect: false,
    answer: 0,
    returnedAt: Number.POSITIVE_INFINITY,
  };
}

function takeEffect(machine: SmallMachine, draft: Draft, states: number[]): void {
  const state = states.at(-1) ?? 0;
  draft.answer = machine.answer(state, draft);
  draft.hasTakenEffect = true;
  states.push(machine.next(state, draft));
}

/** What its client gave up may still take effect. */
function takeLateEffect(
  machine: SmallMachine,
  random: SeededRandom,
  drafts: readonly Draft[],
  states: number[],
): void {
  for (const draft of drafts) {
    if (draft.isUnknown && !draft.hasTakenEffect && random.chance(0.1)) {
      takeEffect(machine, draft, states);
    }
  }
}

/** Gives one operation an answer of another moment of the run, or of one that might have been. */
function corrupt(
  machine: SmallMachine,
  random: SeededRandom,
  drafts: readonly Draft[],
  states: readonly number[],
): void {
  for (let tries = 0; tries < 8; tries += 1) {
    const draft = random.pick(drafts);
    const past = random.pick(states);
    const state = random.chance(0.5) ? past : machine.next(past, random.pick(drafts));
    const answer = machine.answer(state, draft);
    if (draft.isUnknown || answer === draft.answer) continue;
    draft.answer = answer;
    return;
  }
}
