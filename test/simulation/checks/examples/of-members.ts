/** Members that lose what they wrote, halt, refuse or throw for no reason: a cluster that runs, and one step more. */
import { expect } from 'vitest';
import { index, type NodeId, term } from '../../../../src/core/types.ts';
import { encodeCommand } from '../../../../src/kv/command-codec.ts';
import { KvStateMachine } from '../../../../src/kv/kv-state-machine.ts';
import type { StateMachine } from '../../../../src/ports/state-machine.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import { damageDisk } from '../../../../src/testing/simulation/faults/damage.ts';
import type { SimulatedMember } from '../../../../src/testing/simulation/world/member.ts';
import { addressOf, DAMAGED, World } from '../../../../src/testing/simulation/world/world.ts';
import { encodeMessage } from '../../../../src/transport/codec.ts';
import { plant } from '../../mutants.ts';
import { calmPlan } from '../../small-runs.ts';
import { appended, type Example, N1, N2, N3, voted } from './example.ts';

/** Long enough to elect a leader, or to start again, in simulated milliseconds. */
const WHILE_MS = 2_000;

/** A cluster at work; what the checks say of it after `step` and a while is reported. */
async function during(
  report: Report,
  step: (world: World, member: SimulatedMember) => void,
  createMachine: () => StateMachine = () => new KvStateMachine(),
): Promise<void> {
  const world = new World({ plan: calmPlan(), createMachine, isTraced: false });
  for (const member of world.all) member.boot();
  await world.runUntil(WHILE_MS);
  step(world, world.member(N1));
  await world.runUntil(2 * WHILE_MS);
  const { violation } = world;
  if (violation !== null) report(violation.property, violation.message);
}

/** Between two lives its disk is made to hold more, or less, than it said; unless `isWrong`, nothing is. */
function between(report: Report, happens: (member: SimulatedMember) => void): Promise<void> {
  return during(report, (_, member) => {
    member.kill('kill');
    happens(member);
    member.boot();
  });
}

const OF_DISKS: readonly Example[] = [
  {
    property: 'S10',
    text: 'the term on a disk falls',
    play: (isWrong, report) =>
      during(report, (_, { durable }) => {
        const { hardState } = durable;
        durable.note(voted(hardState.term - (isWrong ? 1 : 0), hardState.votedFor));
      }),
  },
  {
    property: 'S11',
    text: 'a vote is gone from a disk',
    play: (isWrong, report) =>
      during(report, (_, { durable }) => {
        durable.note(voted(durable.hardState.term + 1, N2));
        durable.note(voted(durable.hardState.term, isWrong ? null : N2));
      }),
  },
  {
    property: 'S14',
    text: 'a node wakes up without an entry that its disk had',
    play: (isWrong, report) =>
      between(report, ({ durable }) => {
        const { term: ofTerm } = durable.hardState;
        if (isWrong) durable.note(appended([ofTerm], durable.lastIndex + 1));
      }),
  },
  {
    property: 'S14',
    text: 'a node wakes up with another term than its disk has',
    play: (isWrong, report) =>
      between(report, ({ durable }) => {
        const note = durable.note.bind(durable);
        durable.note = (changes) => {
          note(changes);
          durable.note = note;
          if (isWrong) note(voted(durable.hardState.term + 1, null));
        };
      }),
  },
  {
    property: 'S35',
    text: 'a directory is refused to which nothing was done',
    play: (isWrong, report) =>
      between(report, (member) => {
        damageDisk(member.disk, 'missingRecord', member.disk.random);
        if (!isWrong) member.excuse = DAMAGED;
      }),
  },
];

/** A machine that throws at the first thing that it is told. */
function throwing(): StateMachine {
  return {
    apply: () => {
      throw new Error('a bug in the machine');
    },
  };
}

function say(world: World, frame: Uint8Array): void {
  const direction = { from: addressOf(N2), to: addressOf(N3) };
  world.network.memory.carries({ ...direction, frames: [frame], deliver: () => {} });
}

const OF_EVENTS: readonly Example[] = [
  {
    property: 'S37',
    text: 'an exception escapes from a node',
    play: (isWrong, report) =>
      during(report, (_, { process }) => {
        process?.run('input', () => {
          if (isWrong) throw new Error('a bug in the node');
        });
      }),
  },
  {
    property: 'S37',
    text: 'a node says what nobody understands',
    play: (isWrong, report) =>
      during(report, (world) => {
        const frame = encodeMessage({ type: 'Ping', term: term(1) }, 0);
        say(world, isWrong ? frame.fill(0xff, 5) : frame);
      }),
  },
  {
    property: 'S37',
    text: 'a node halts although nothing was done to it',
    play: (isWrong, report) => {
      const createMachine = isWrong ? throwing : () => new KvStateMachine();
      return during(report, (world) => submitTo(world, N1), createMachine);
    },
  },
  {
    property: 'S37',
    text: 'a node whose disk fails for no reason halts',
    play: (isWrong, report) =>
      during(report, (world, member) => {
        member.disk.trouble.failNextWrite = 'absent';
        if (!isWrong) member.excuse = 'a write failed';
        submitTo(world, N1);
      }),
  },
];

/** Its code throws where it writes, and its node hears of it; unless `isHeard`, it does not. */
function breakCode({ trap, process, node }: SimulatedMember, isHeard: boolean): void {
  trap.arm(isHeard ? 'clock.setTimeout' : 'store.read');
  if (isHeard) process?.run('input', () => node?.awaitReadable({ timeoutMs: 1 }, () => {}));
  else expect(() => trap.pass('store.read')).toThrow('planted');
}

const OF_FAIL_STOPS: readonly Example[] = [
  {
    property: 'S39',
    text: 'a node goes on after its code threw',
    play: (isWrong, report) =>
      during(report, (_, member) => {
        breakCode(member, !isWrong);
        member.check();
      }),
  },
  {
    property: 'S39',
    text: 'a node speaks after its code threw',
    play: (isWrong, report) =>
      during(report, (world, member) => {
        breakCode(member, true);
        const from = isWrong ? N1 : N3;
        const direction = { from: addressOf(from), to: addressOf(N2) };
        const frames = [encodeMessage({ type: 'Ping', term: term(1) }, 0)];
        world.network.memory.carries({ ...direction, frames, deliver: () => {} });
      }),
  },
  {
    property: 'S39',
    text: 'a node asks something of a port after its code threw',
    play: (isWrong, report) =>
      during(report, (_, member) => {
        breakCode(member, true);
        if (isWrong) member.trap.around('store.write', () => {});
      }),
  },
  {
    property: 'S43',
    text: 'a node that hears its leader heeds a candidate of a newer term',
    play: (isWrong, report) => {
      let uproot = (): void => {};
      return during(report, (world) => {
        if (isWrong) uproot = plant(world, 'disloyal');
        askForVote(world, N2);
      }).finally(() => uproot());
    },
  },
];

/** A request for a vote, of a term to come, reaches `to` on the connection from another follower, if it is loyal. */
function askForVote(world: World, to: NodeId): void {
  const [from] = world.all.filter(
    ({ id }) => id !== to && world.member(to).node?.status().leader !== id,
  );
  if (from === undefined) throw new Error('there is another follower');
  const { memory } = world.network;
  const carry = memory.carries.bind(memory);
  memory.carries = (message) => {
    if (message.from !== addressOf(from.id) || message.to !== addressOf(to)) return carry(message);
    memory.carries = carry;
    const lastLog = { term: term(8), index: index(9) };
    const request = { type: 'RequestVote', term: term(9), lastLog } as const;
    world.clock.setTimeout(() => {
      world.member(to).process?.run('input', () => message.deliver([encodeMessage(request, 0)]));
    }, 1);
    return carry(message);
  };
}

/** One command; whoever leads passes it to everyone. */
function submitTo(world: World, id: NodeId): void {
  const { node, process } = world.member(id);
  const command = encodeCommand({ type: 'delete', key: new Uint8Array(1) });
  process?.run('input', () => node?.submit(command, { timeoutMs: 1_000 }, () => {}));
}

export const OF_MEMBERS: readonly Example[] = [...OF_DISKS, ...OF_EVENTS, ...OF_FAIL_STOPS];
