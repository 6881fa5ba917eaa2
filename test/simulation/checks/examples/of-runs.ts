/** Whole runs that go wrong in the end: clusters that stand still, clients that are told lies, machines that forget. */
import { RaftError } from '../../../../src/core/errors.ts';
import { index, term } from '../../../../src/core/types.ts';
import type { CommittedCommand } from '../../../../src/ports/state-machine.ts';
import type { SimulationPlan } from '../../../../src/testing/simulation/plan/plan.ts';
import { ListsMachine } from '../../../../src/testing/simulation/subjects/append-list-subject.ts';
import { addressOf } from '../../../../src/testing/simulation/world/member.ts';
import { leaderIn, type World } from '../../../../src/testing/simulation/world/world.ts';
import { calmPlan, TROUBLE_MS } from '../../small-runs.ts';
import { type Example, N1, N2, N3 } from './example.ts';
import { lose, loseAll, meddle, meddling, onPhase, run } from './whole-runs.ts';

const WITH_LEASES = { preVote: true, checkQuorum: true, leaseReads: true };

/** Clients that send half of what was answered once more. */
const IN_SESSIONS: SimulationPlan['workload'] = {
  ...calmPlan().workload,
  sessions: { ttlMs: 60_000, validMs: 60_000, attemptsMax: 3, repeats: 0.5 },
};

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
  run('L01', 'nobody leads, although everything is mended', (isWrong) => ({
    prepare: (world) => world.clock.setTimeout(() => loseAll(world, isWrong), TROUBLE_MS / 2),
  })),
  run('L01', 'nobody leads after a loss of power', (isWrong) => ({
    prepare: (world) => onPhase(world, 'SCAN', () => loseAll(world, isWrong)),
  })),
  run('L03', 'a calm cluster elects another leader', (isWrong) => ({
    prepare: (world) => onPhase(world, 'REST', () => pauseLeader(world, isWrong)),
  })),
  run('L04', 'a core of the members serves nobody', (isWrong) => ({
    changes: { mode: 'liveness' },
    prepare: (world) => onPhase(world, 'CORE', () => loseAll(world, isWrong)),
  })),
  run('L08', 'a member never applies what the others have', (isWrong) => ({
    create: hangingIn(isWrong),
  })),
  run('L15', 'no snapshot can be taken, and the log grows and grows', (isWrong) => ({
    changes: { snapshotEntries: 3, trailingEntries: 0 },
    create: () => Object.assign(new ListsMachine(), isWrong ? { snapshot: () => null } : {}),
  })),
  meddling('L12', 'a call hangs for ever', (node, isWrong) => {
    if (isWrong) node.submit = () => {};
  }),
  run('L14', 'a member of a healthy cluster serves nobody', (isWrong) => ({
    prepare: (world) => onPhase(world, 'SERVE', () => refuseAll(world, isWrong)),
  })),
];

/** Long enough for the others to elect another, or too short. */
function pauseLeader(world: World, isLong: boolean): void {
  const process = leaderIn(world)?.process;
  process?.freeze();
  world.clock.setTimeout(() => process?.thaw(), isLong ? 3_000 : 30);
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
  node.submit = (_data, _options, completed) => completed(REFUSED);
  node.awaitReadable = (_options, completed) => completed(REFUSED.error);
  if (isForEver) return;
  world.clock.setTimeout(() => Object.assign(node, { submit, awaitReadable }), 200);
}

/** As soon as the first member leads and holds a lease, nothing gets through to it or from it any more. */
function loseLeaseHolder(world: World): void {
  const node = world.members.get(N1)?.node;
  const state = node?.inspection();
  if (state?.holdsLease === true) return cutOff(world);
  if (state?.leads === false) node?.transferLeadership(N1, { timeoutMs: 100 }, () => {});
  world.clock.setTimeout(() => loseLeaseHolder(world), 5);
}

function cutOff(world: World): void {
  for (const peer of [N2, N3]) {
    world.network.quality(addressOf(N1), addressOf(peer)).lossRate = 1;
    world.network.quality(addressOf(peer), addressOf(N1)).lossRate = 1;
  }
}

const REFUSED = {
  type: 'failed',
  error: new RaftError('RAFT_OVERLOADED', 'nobody is served here'),
} as const;

const OF_CALLS: readonly Example[] = [
  meddling('S39', 'a caller is told of a success after the code threw', (node, isWrong, world) => {
    const { trap } = world.member(N2);
    if (!isWrong) return;
    node.submit = (_data, _options, completed) => {
      trap.arm('store.read');
      world.clock.setTimeout(() => {
        try {
          trap.pass('store.read');
        } catch {}
        completed({ type: 'applied', index: index(1), term: term(1), result: 1 });
      }, 1);
    };
  }),
  meddling('L12', 'a node halts without a word to those who wait', (node, isSilent, world) => {
    const { trap } = world.member(N2);
    if (!isSilent) return trap.arm('checkAlive');
    node.awaitReadable = () => {};
    node.submit = () => trap.arm('checkAlive');
  }),
  run('S28', 'a member that lags behind lets read what is old', (isWrong) => ({
    prepare: (world) => {
      onPhase(world, 'HEAL', () => lose(world, 0));
      meddle(world, (node) => {
        for (const from of [N1, N3]) {
          world.network.quality(addressOf(from), addressOf(N2)).lossRate = 1;
        }
        if (isWrong) node.awaitReadable = (_options, completed) => completed(null);
      });
    },
  })),
  meddling('S46', 'a read does not wait for the write that it names', (node, isWrong) => {
    const ask = node.awaitReadable.bind(node);
    node.awaitReadable = (options, completed) => {
      if (isWrong && options.atLeast !== undefined) return completed(null);
      ask(options, completed);
    };
  }),
  meddling('S46', 'a read of what nobody wrote is let through', (node, isWrong) => {
    const ask = node.awaitReadable.bind(node);
    node.awaitReadable = (options, completed) =>
      ask(options, (error) => {
        completed(isWrong && error?.code === 'RAFT_OVERWRITTEN' ? null : error);
      });
  }),
  meddling('S46', 'a write that took effect is said to be overwritten', (node, isWrong, world) => {
    const ask = node.awaitReadable.bind(node);
    node.awaitReadable = (options, completed) => {
      if (!isWrong || options.atLeast === undefined) return ask(options, completed);
      const refusal = new RaftError('RAFT_OVERWRITTEN', 'this is a lie');
      world.clock.setTimeout(() => completed(refusal), 1);
    };
  }),
  run('S29', 'a clock is slower than leases bear: a lease outlives the loyalty', (isWrong) => ({
    changes: {
      protocol: WITH_LEASES,
      drifts: { [N1]: { startMs: 0, rate: isWrong ? 0.3 : 0.9, wallSkewMs: 0 } },
    },
    prepare: (world) => {
      onPhase(world, 'HEAL', () => lose(world, 0));
      loseLeaseHolder(world);
    },
  })),
  run('S30', 'a member forgets that commands belong to sessions', (isWrong) => ({
    changes: { workload: IN_SESSIONS },
    prepare: (world) =>
      meddle(world, (node) => {
        const submit = node.submit.bind(node);
        node.submit = (data, { timeoutMs, session }, completed) => {
          const isKept = !isWrong && session !== undefined;
          submit(data, isKept ? { timeoutMs, session } : { timeoutMs }, completed);
        };
      }),
  })),
  run('S30', 'a command is answered, and answered otherwise when it comes again', (isWrong) => ({
    changes: { workload: IN_SESSIONS },
    prepare: (world) =>
      meddle(world, (node) => {
        const submit = node.submit.bind(node);
        let answers = 0;
        node.submit = (data, options, completed) =>
          submit(data, options, (outcome) => {
            answers += 1;
            const isMended = !isWrong || outcome.type === 'failed';
            completed(isMended ? outcome : { ...outcome, result: answers });
          });
      }),
  })),
  meddling('S31', 'a call is answered twice', (node, isWrong) => {
    const submit = node.submit.bind(node);
    node.submit = (data, options, completed) =>
      submit(data, options, (outcome) => {
        completed(outcome);
        if (isWrong) completed(outcome);
      });
  }),
  meddling('S31', 'a call is refused twice', (node, isWrong) => {
    node.submit = (_data, _options, completed) => {
      completed(REFUSED);
      if (isWrong) completed(REFUSED);
    };
  }),
  meddling('S31', 'a command is refused for certain and carried out', (node, isWrong) => {
    const submit = node.submit.bind(node);
    const code = isWrong ? 'RAFT_OVERLOADED' : 'RAFT_TIMED_OUT';
    const error = new RaftError(code, 'this is a lie, or half of one');
    node.submit = (data, options, completed) =>
      submit(data, options, () => completed({ type: 'failed', error }));
  }),
];

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
  run('S32', 'every replica forgets the same commands', (isWrong) => ({
    create: () => (isWrong ? new ForgetfulLists() : new ListsMachine()),
  })),
  run('S33', 'replicas answer differently', (isWrong) => {
    const create = numbered();
    const disagreeing = (): ListsMachine => new DisagreeingLists(create().number);
    return { create: isWrong ? disagreeing : create };
  }),
  run('S33', 'replicas hold different things', (isWrong) => ({
    create: numbered(),
    digest: (machine) => String(isWrong && numberOf(machine)),
  })),
  run('S34', 'a loss of power changes what every replica holds', (isWrong) => ({
    create: numbered(),
    digest: (machine) => String(isWrong && numberOf(machine) > LIVES_BEFORE),
  })),
  run('S37', 'a node does not stop in good order', (isWrong) => ({
    changes: { faults: [{ type: 'stop', node: N2, atMs: 2_000, forMs: 2_500 }] },
    prepare: (world) =>
      meddle(world, (node) => {
        if (isWrong) node.close = () => Promise.reject(new Error('it cannot be closed'));
      }),
  })),
];

function numberOf(machine: ListsMachine): number {
  return machine instanceof NumberedLists ? machine.number : 0;
}

export const OF_RUNS: readonly Example[] = [...OF_PROGRESS, ...OF_CALLS, ...OF_MACHINES];
