/** `raftchart/testing` as its users meet it: a member in the hand, and what is found in machines of many kinds. */
import { describe, expect, it } from 'vitest';
import { index, nodeId, term } from '../../src/core/types.ts';
import { defineMachine } from '../../src/library/define-machine.ts';
import type { Machine } from '../../src/library/machine.ts';
import {
  clusterStep,
  explainFailure,
  linearizable,
  type MachineCall,
  machineModel,
  machineSubject,
  memberFaults,
  type Previous,
  raftMember,
  type SeededRandom,
  simulateSeed,
} from '../../src/testing/index.ts';

interface Sum {
  sum: number;
  note: unknown;
}

type Commands = { readonly add: (state: Sum, by: number) => unknown };
type Queries = { readonly sum: (state: Sum) => unknown };
type SumMachine = Machine<Sum, Commands, Queries>;

const initial = (): Sum => ({ sum: 0, note: null });

function machineWith(add: Commands['add'], sum: Queries['sum'] = (state) => state.sum): SumMachine {
  return defineMachine({ initial, commands: { add }, queries: { sum } });
}

const add = (state: Sum, by: number): number => {
  state.sum += by;
  return state.sum;
};

const sound = machineWith(add);

/** Answers with what is no part of its state. */
function countingCalls(): SumMachine {
  let calls = 0;
  return machineWith(() => {
    calls += 1;
    return calls;
  });
}

const drawAdd = (random: SeededRandom) =>
  ({ type: 'command', name: 'add', input: random.integer(1, 9) }) as const;

function subjectOf(machine: SumMachine, model = sound) {
  return machineSubject({
    machine,
    draw: (random) => (random.chance(0.5) ? { type: 'query', name: 'sum' } : drawAdd(random)),
    judge: linearizable(machineModel(model)),
  });
}

/** The first violation among a few seeds; each message begins with its property. */
async function found(machine: SumMachine): Promise<string | null> {
  for (let seed = 1; seed <= 8; seed += 1) {
    const { violation } = await simulateSeed(seed, subjectOf(machine));
    if (violation !== null) return violation.message;
  }
  return null;
}

describe('a member in the hand', () => {
  it('[TS12] is the same step for the same number, and every kind for small ones', async () => {
    const steps = Array.from({ length: 26 }, (_, drawn) => `${clusterStep(drawn)}`);
    expect(steps).toEqual(Array.from({ length: 26 }, (_, drawn) => `${clusterStep(drawn)}`));
    expect(new Set(steps.map((step) => step.split(' ')[0])).size).toBe(8);
  });

  it('[TS12] answers peers that are made up, and is at fault if its vote changes', async () => {
    const { cluster, member } = await raftMember();
    const [before, n2] = [member.state, nodeId('n2')];
    const lastLog = { term: term(0), index: index(0) };
    const message = { type: 'RequestVote', term: term(1), lastLog, transfer: false } as const;
    await cluster.bring({ from: n2, to: member.id, message, runs: [] });
    await cluster.settle();
    expect(cluster.saidBy(member.id, 'RequestVoteReply')).toEqual([
      { type: 'RequestVoteReply', term: 1, granted: true },
    ]);
    const view = { raft: member.state, state: null, leads: false, lastApplied: index(0) };
    expect(memberFaults({ ...view, raft: before }, view)).toEqual([]);
    const changed = { ...view, raft: { ...member.state, votedFor: nodeId('n3') } };
    expect(memberFaults(view, changed).map(([property]) => property)).toEqual(['S11']);
  });
});

describe('a seed', () => {
  it('[TS2] gives the same run each time, and another seed another run', async () => {
    const hashOf = async (seed: number) => (await simulateSeed(seed, subjectOf(sound))).hash;
    expect(await hashOf(2)).toBe(await hashOf(2));
    expect(await hashOf(2)).not.toBe(await hashOf(3));
  });

  it('[TS2] runs that are asked for together follow one another and leave the real world as it was', async () => {
    const { now } = Date;
    const alone = await simulateSeed(2, subjectOf(sound));
    const subject = subjectOf(sound);
    const together = await Promise.all([2, 9, 2].map((seed) => simulateSeed(seed, subject)));
    expect(together.map(({ seed }) => seed)).toEqual(['2', '9', '2']);
    expect(together.at(2)?.hash).toBe(alone.hash);
    expect(Date.now).toBe(now);
    expect(Date.now()).toBeGreaterThan(0);
  });
});

describe('a machine under simulation', () => {
  it('[TS3] is green if it is sound, and its clients are answered and refused as users are', async () => {
    const answers = new Set<string>();
    const refusing = machineWith((state, by) => {
      if (by > 5) throw new Error('too much');
      return add(state, by);
    });
    const subject = machineSubject({
      machine: refusing,
      draw: drawAdd,
      judge: (history) => {
        for (const { input, output } of history) {
          if (output === null) continue;
          const isRefused = !output.ok && output.reason === 'too much';
          answers.add(`${(input.input ?? 0) > 5} ${isRefused}`);
        }
        return { fault: null, isDecided: true };
      },
    });
    expect((await simulateSeed(2, subject)).violation).toBeNull();
    expect([...answers].sort()).toEqual(['false false', 'true true']);
    expect(await found(sound)).toBeNull();
  });

  it('[TS3] keeps what a query answered as it was then, whatever becomes of the state', async () => {
    const whole = machineWith(add, (state) => state);
    const { violation, succeeded } = await simulateSeed(2, subjectOf(whole, whole));
    expect(violation).toBeNull();
    expect(succeeded).toBeGreaterThan(5);
  });

  it('[TS4] is red with what differs if a result comes from outside of the state', async () => {
    expect(await found(countingCalls())).toMatch(
      /^S33: n\d gives another result at \d+: .*, not .*"value"/,
    );
  });

  it('[TS4] is red with what differs if its state comes from outside', async () => {
    let calls = 0;
    const wrong = machineWith((state, by) => {
      calls += 1;
      state.note = new Map([[1n, calls]]);
      return add(state, by);
    });
    expect(await found(wrong)).toMatch(/^S(18|3[34]): .*"<bigint>":"1".* \| /);
  });

  it('[TS4] is red if a query changes the state', async () => {
    const wrong = machineWith(add, (state) => {
      state.note = Number(state.note) + 1;
      return state.sum;
    });
    expect(await found(wrong)).toMatch(/^S(18|3[34]): /);
  });

  it('[OW3] is green if a result is a part of the state, which goes on changing', async () => {
    const whole = machineWith((state, by) => {
      state.sum += by;
      return state;
    });
    const subject = subjectOf(whole, whole);
    for (const seed of [2, 6]) expect((await simulateSeed(seed, subject)).violation).toBeNull();
  });

  it('[AD4] is red if a command returns a promise', async () => {
    const wrong = machineWith((state, by) => Promise.resolve(add(state, by)));
    expect(await found(wrong)).toMatch(/^S37: .*the command "add" returned a promise/);
  });

  it.each<readonly [string, string, () => unknown]>([
    ['Date.now()', 'S37', () => Date.now() % 7],
    ['new Date()', 'S37', () => new Date()],
    ['Math.random()', 'S37', () => Math.random()],
    ['crypto.randomUUID()', 'S37', () => crypto.randomUUID()],
    ['a kept Date.now()', 'S3[34]', () => Date.now()],
  ])('[TS5] is red if a command asks for %s', async (_, property, ask) => {
    const wrong = machineWith((state, by) => {
      state.note = ask();
      return add(state, by);
    });
    expect(await found(wrong)).toMatch(new RegExp(`^${property}: .* touch real`));
  });

  it('[TS5] is red if a query asks for the time', async () => {
    const wrong = machineWith(add, (state) => state.sum + (Date.now() % 2));
    expect(await found(wrong)).toMatch(/^S37: .*a simulation does not touch real time/);
  });
});

describe('a client', () => {
  it('[TS6] hears how its last call ended, and can repeat one whose outcome it does not know', async () => {
    const heard = new Map<string, number>();
    const ends: (Previous<MachineCall<Commands, Queries>, unknown> | null)[] = [];
    const subject = machineSubject({
      machine: sound,
      draw: (random, { sequence }, previous) => {
        ends.push(previous);
        const type = previous === null ? 'none' : previous.type;
        heard.set(type, (heard.get(type) ?? 0) + 1);
        if (sequence === 1) expect(previous).toBeNull();
        if (previous?.type === 'unknown') return previous.input;
        return drawAdd(random);
      },
    });
    for (const seed of [2, 6, 12]) await simulateSeed(seed, subject);
    expect([...heard.keys()].sort()).toEqual(['answered', 'none', 'refused', 'unknown']);
    const answered = ends.filter((previous) => previous?.type === 'answered');
    expect(answered.at(0)).toMatchObject({ input: { name: 'add' }, output: { ok: true } });
  });

  it('[TS6] never hears that a call was refused which may have taken effect', async () => {
    const refused = new Set<unknown>();
    const unknown = new Set<unknown>();
    const subject = machineSubject({
      machine: sound,
      draw: (random, _, previous) => {
        if (previous?.type === 'refused') refused.add(previous.input);
        return drawAdd(random);
      },
      judge: (history) => {
        for (const { input, output } of history) if (output === null) unknown.add(input);
        return { fault: null, isDecided: true };
      },
    });
    for (const seed of [2, 6, 12]) await simulateSeed(seed, subject);
    expect(unknown.size).toBeGreaterThan(0);
    expect([...unknown].filter((input) => refused.has(input))).toEqual([]);
  });
});

describe('the machine as its own model', () => {
  it('[TS7] finds a query that answers from a stale copy', async () => {
    let known = 0;
    const wrong = machineWith(add, (state) => {
      if (state.sum % 5 === 0) known = state.sum;
      return known;
    });
    expect(await found(wrong)).toMatch(/^S32: no order explains/);
  });

  it('[TS7] cannot judge a command that uses its context, and says so', async () => {
    const timed = defineMachine({
      initial: () => ({ lastMs: 0 }),
      commands: { touch: (state, _: null, { timeMs }) => (state.lastMs = timeMs) },
      queries: { lastMs: (state) => state.lastMs },
    });
    const subject = machineSubject({
      machine: timed,
      draw: () => ({ type: 'command', name: 'touch', input: null }),
      judge: linearizable(machineModel(timed)),
    });
    await expect(simulateSeed(2, subject)).rejects.toThrow(/context\.timeMs.*rules of your own/);
  });
});

describe('an explanation', () => {
  it('[TS8] names property, faults, lanes and the line that repeats it', async () => {
    const explained = await explainFailure(3, subjectOf(countingCalls()));
    const [first, second, ...rest] = explained.split('\n');
    expect(first).toMatch(/^seed=3 version=\d+: S33: n\d gives another result/);
    expect(second).toMatch(/^\d+ faults shrunk to 0 in \d+ runs:$/);
    expect(rest.at(0)).toMatch(/^ +n1 +n2/);
    expect(rest.some((line) => line.includes('calls n'))).toBe(true);
    expect(rest.at(-2)).toContain('VIOLATION S33');
    expect(rest.at(-1)).toMatch(/^again: simulateSeed\(3, subject\), .* version is \d+$/);
  });

  it('[TS8] keeps the faults without which the seed does not fail', async () => {
    const subject = {
      ...subjectOf(sound),
      judge: (history: readonly { readonly output: unknown }[]) => {
        const isUnknown = history.some(({ output }) => output === null);
        return { fault: isUnknown ? 'an outcome is unknown' : null, isDecided: true };
      },
    };
    for (const seed of [2, 6, 12]) {
      const text = await explainFailure(seed, subject);
      if (text.endsWith('every property holds')) continue;
      expect(text).toMatch(
        /shrunk to [1-9][\s\S]* FAULT [\s\S]*VIOLATION S32: an outcome is unknown/,
      );
      return;
    }
    expect.fail('none of these seeds leaves an outcome unknown');
  });

  it('[TS8] says of a seed that does not fail that every property holds', async () => {
    expect(await explainFailure(2, subjectOf(sound))).toMatch(
      /^seed=2 version=\d+: every property holds$/,
    );
  });
});
