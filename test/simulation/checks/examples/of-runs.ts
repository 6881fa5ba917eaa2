/** Whole runs that go wrong in the end: clusters that stand still, clients that are told lies, machines that forget. */
import { RaftError } from '../../../../src/core/errors.ts';
import { index, term } from '../../../../src/core/types.ts';
import { RaftNode } from '../../../../src/node/raft-node.ts';
import type { CommittedCommand } from '../../../../src/ports/state-machine.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import type { SimulationPlan } from '../../../../src/testing/simulation/plan/plan.ts';
import { simulate } from '../../../../src/testing/simulation/simulate.ts';
import {
  appendListSubject,
  ListsMachine,
} from '../../../../src/testing/simulation/subjects/append-list-subject.ts';
import { addressOf, leaderIn, type World } from '../../../../src/testing/simulation/world/world.ts';
import { calmPlan, TROUBLE_MS } from '../../small-runs.ts';
import { type Example, N1, N2, N3 } from './example.ts';

interface RunOptions {
  readonly changes?: Partial<SimulationPlan>;
  readonly prepare?: (world: World) => void;
  readonly create?: () => ListsMachine;
  readonly digest?: (machine: ListsMachine) => string;
}

async function runWith(report: Report, options: RunOptions): Promise<void> {
  const { changes, prepare = () => {}, create, digest } = options;
  const plan = calmPlan(changes);
  const subject = {
    ...appendListSubject(plan.workload),
    ...(create === undefined ? {} : { create }),
    ...(digest === undefined ? {} : { digest }),
  };
  const { violation } = await simulate({ plan, subject, prepare });
  if (violation !== null) report(violation.property, violation.message);
}

/** When the run comes to this part of it, as its trace names it. */
function onPhase(world: World, phase: string, begun: () => void): void {
  const note = world.note.bind(world);
  world.note = (node, text) => {
    note(node, text);
    if (text.startsWith(phase)) begun();
  };
}

/** From now on every link loses this share of what is said. */
function lose(world: World, lossRate: number): void {
  for (const from of world.plan.members) {
    for (const to of world.plan.members) {
      world.network.quality(addressOf(from), addressOf(to)).lossRate = lossRate;
    }
  }
}

/** Changes what `n2` does with its callers, a while after it has started. */
function meddle(world: World, change: (node: RaftNode) => void): void {
  world.clock.setTimeout(() => {
    const { node } = world.member(N2);
    if (node !== null) change(node);
  }, TROUBLE_MS / 3);
}

/** A machine that is told from the others by the number of its life. */
class NumberedLists extends ListsMachine {
  readonly number: number;

  constructor(number: number) {
    super();
    this.number = number;
  }
}

/** Lives that all members of a run had before the first loss of power: one to look at, one that started. */
const LIVES_BEFORE = 6;

function numbered(): () => NumberedLists {
  let lives = 0;
  return () => {
    lives += 1;
    return new NumberedLists(lives);
  };
}

const OF_PROGRESS: readonly Example[] = [
  {
    property: 'L01',
    text: 'nobody leads, although everything is mended',
    play: (isWrong, report) =>
      runWith(report, {
        prepare: (world) =>
          world.clock.setTimeout(() => lose(world, isWrong ? 1 : 0.01), TROUBLE_MS / 2),
      }),
  },
  {
    property: 'L01',
    text: 'nobody leads after a loss of power',
    play: (isWrong, report) =>
      runWith(report, {
        prepare: (world) => onPhase(world, 'SCAN', () => lose(world, isWrong ? 1 : 0.01)),
      }),
  },
  {
    property: 'L03',
    text: 'a calm cluster elects another leader',
    play: (isWrong, report) => runWith(report, { prepare: (world) => pauseLeader(world, isWrong) }),
  },
  {
    property: 'L04',
    text: 'a core of the members serves nobody',
    play: (isWrong, report) =>
      runWith(report, {
        changes: { mode: 'liveness' },
        prepare: (world) => onPhase(world, 'CORE', () => lose(world, isWrong ? 1 : 0.01)),
      }),
  },
  {
    property: 'L08',
    text: 'a member never applies what the others have',
    play: (isWrong, report) => runWith(report, { create: hangingIn(isWrong) }),
  },
  {
    property: 'L12',
    text: 'a call hangs for ever',
    play: (isWrong, report) =>
      runWith(report, {
        prepare: (world) =>
          meddle(world, (node) => {
            if (isWrong) node.submit = () => {};
          }),
      }),
  },
  {
    property: 'L14',
    text: 'a member of a healthy cluster serves nobody',
    play: (isWrong, report) =>
      runWith(report, {
        prepare: (world) => onPhase(world, 'SERVE', () => refuseAll(world, isWrong)),
      }),
  },
];

/** Long enough for the others to elect another, or too short. */
function pauseLeader(world: World, isLong: boolean): void {
  onPhase(world, 'REST', () => {
    const process = leaderIn(world)?.process;
    process?.freeze();
    world.clock.setTimeout(() => process?.thaw(), isLong ? 3_000 : 30);
  });
}

/** The last of the three that start never ends its first batch, or all of them do. */
function hangingIn(isHanging: boolean): () => ListsMachine {
  const create = numbered();
  const never = new Promise<never>(() => {});
  return () => {
    const machine = create();
    const isIt = isHanging && machine.number === LIVES_BEFORE;
    return isIt ? Object.assign(machine, { apply: () => never }) : machine;
  };
}

/** For ever, or only for a while. */
function refuseAll(world: World, isForEver: boolean): void {
  const { node } = world.member(N3);
  if (node === null) return;
  const { submit, awaitReadable } = node;
  const error = new RaftError('RAFT_OVERLOADED', 'nobody is served here');
  node.submit = (_data, _options, completed) => completed({ type: 'failed', error });
  node.awaitReadable = (_options, completed) => completed(error);
  if (isForEver) return;
  world.clock.setTimeout(() => Object.assign(node, { submit, awaitReadable }), 200);
}

const OF_CALLS: readonly Example[] = [
  {
    property: 'S39',
    text: 'a caller is told of a success after the code of its node threw',
    play: (isWrong, report) =>
      runWith(report, { prepare: (world) => breakWhileWaiting(world, !isWrong) }),
  },
  {
    property: 'L12',
    text: 'a node halts and leaves those who wait without an answer',
    play: (isWrong, report) =>
      runWith(report, { prepare: (world) => haltSilently(world, isWrong) }),
  },
  {
    property: 'S28',
    text: 'a member that lags behind lets read what is old',
    play: (isWrong, report) =>
      runWith(report, {
        prepare: (world) => {
          onPhase(world, 'HEAL', () => lose(world, 0));
          meddle(world, (node) => {
            for (const from of [N1, N3]) {
              world.network.quality(addressOf(from), addressOf(N2)).lossRate = 1;
            }
            if (isWrong) node.awaitReadable = (_options, completed) => completed(null);
          });
        },
      }),
  },
  {
    property: 'S31',
    text: 'a call is answered twice',
    play: (isWrong, report) => runWith(report, { prepare: (world) => tellTwice(world, isWrong) }),
  },
  {
    property: 'S31',
    text: 'a call is refused twice',
    play: (isWrong, report) =>
      runWith(report, {
        prepare: (world) =>
          meddle(world, (node) => {
            const error = new RaftError('RAFT_OVERLOADED', 'nobody is served here');
            node.submit = (_data, _options, completed) => {
              completed({ type: 'failed', error });
              if (isWrong) completed({ type: 'failed', error });
            };
          }),
      }),
  },
  {
    property: 'S31',
    text: 'a command is refused for certain and carried out',
    play: (isWrong, report) =>
      runWith(report, {
        prepare: (world) =>
          meddle(world, (node) => {
            const submit = node.submit.bind(node);
            const code = isWrong ? 'RAFT_OVERLOADED' : 'RAFT_TIMED_OUT';
            const error = new RaftError(code, 'this is a lie, or half of one');
            node.submit = (data, options, completed) =>
              submit(data, options, () => completed({ type: 'failed', error }));
          }),
      }),
  },
];

/** The code of `n2` throws while it waits for an answer; to its callers it says what `answer` does. */
function breakWhileWaiting(world: World, isHeard: boolean): void {
  world.clock.setTimeout(() => {
    const { node, process, trap } = world.member(N2);
    if (node === null || process === null) return;
    const submit = node.submit.bind(node);
    node.submit = (data, options, completed) => {
      if (isHeard) return submit(data, options, completed);
      trap.arm('store.read');
      world.clock.setTimeout(() => {
        try {
          trap.pass('store.read');
        } catch {}
        completed({ type: 'applied', index: index(1), term: term(1), result: 1 });
      }, 1);
    };
  }, TROUBLE_MS / 3);
}

/** A node that halts without a word to those who wait. */
function haltSilently(world: World, isSilent: boolean): void {
  world.clock.setTimeout(() => {
    const { node, process, trap } = world.member(N2);
    if (node === null || process === null) return;
    const { awaitReadable } = node;
    const waiting = isSilent ? () => {} : awaitReadable.bind(node);
    node.awaitReadable = waiting;
    node.submit = (data, options, completed) => {
      if (isSilent) trap.arm('checkAlive');
      else RaftNode.prototype.submit.call(node, data, options, completed);
    };
    if (!isSilent) trap.arm('checkAlive');
  }, TROUBLE_MS / 3);
}

function tellTwice(world: World, isTwice: boolean): void {
  meddle(world, (node) => {
    const submit = node.submit.bind(node);
    node.submit = (data, options, completed) =>
      submit(data, options, (outcome) => {
        completed(outcome);
        if (isTwice) completed(outcome);
      });
  });
}

/** Loses every fifth command, on every replica alike. */
class ForgetfulLists extends ListsMachine {
  override apply(batch: readonly CommittedCommand[]): readonly number[] {
    super.apply(batch.filter(({ index }) => index % 5 !== 0));
    return batch.map(() => 0);
  }
}

/** Answers with the number of its life. */
class DisagreeingLists extends NumberedLists {
  override apply(batch: readonly CommittedCommand[]): readonly number[] {
    super.apply(batch);
    return batch.map(() => this.number);
  }
}

const OF_MACHINES: readonly Example[] = [
  {
    property: 'S32',
    text: 'every replica forgets the same commands',
    play: (isWrong, report) =>
      runWith(report, { create: () => (isWrong ? new ForgetfulLists() : new ListsMachine()) }),
  },
  {
    property: 'S33',
    text: 'replicas answer differently',
    play: (isWrong, report) => {
      const create = numbered();
      const disagreeing = () => new DisagreeingLists(create().number);
      return runWith(report, { create: isWrong ? disagreeing : create });
    },
  },
  {
    property: 'S33',
    text: 'replicas hold different things',
    play: (isWrong, report) =>
      runWith(report, {
        create: numbered(),
        digest: (machine) => String(isWrong && numberOf(machine)),
      }),
  },
  {
    property: 'S34',
    text: 'a loss of power changes what every replica holds',
    play: (isWrong, report) =>
      runWith(report, {
        create: numbered(),
        digest: (machine) => String(isWrong && numberOf(machine) > LIVES_BEFORE),
      }),
  },
  {
    property: 'S37',
    text: 'a node does not stop in good order',
    play: (isWrong, report) =>
      runWith(report, {
        changes: { faults: [{ type: 'stop', node: N2, atMs: 2_000, forMs: 2_500 }] },
        prepare: (world) =>
          meddle(world, (node) => {
            if (isWrong) node.close = () => Promise.reject(new Error('it cannot be closed'));
          }),
      }),
  },
];

function numberOf(machine: ListsMachine): number {
  return machine instanceof NumberedLists ? machine.number : 0;
}

export const OF_RUNS: readonly Example[] = [...OF_PROGRESS, ...OF_CALLS, ...OF_MACHINES];
