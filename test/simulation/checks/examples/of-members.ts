/** Members that lose what they wrote, halt, refuse or throw for no reason: a cluster that runs, and one step more. */
import { expect } from 'vitest';
import { index, type NodeId, term } from '../../../../src/core/types.ts';
import { encodeCommand } from '../../../../src/kv/commands/command-codec.ts';
import { KvStateMachine } from '../../../../src/kv/kv-state-machine.ts';
import type { StateMachine } from '../../../../src/ports/state-machine.ts';
import {
  decodeRecord,
  encodeRecord,
  keyOf,
  RECORD_KIND,
} from '../../../../src/storage/records/record.ts';
import { STATE } from '../../../../src/storage/records/stored-values.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import { nameOf } from '../../../../src/testing/simulation/disk/simulated-records.ts';
import { damageDisk } from '../../../../src/testing/simulation/faults/damage.ts';
import type { SimulatedMember } from '../../../../src/testing/simulation/world/member.ts';
import { addressOf } from '../../../../src/testing/simulation/world/member.ts';
import { DAMAGED, World } from '../../../../src/testing/simulation/world/world.ts';
import { encodeMessage } from '../../../../src/transport/codec.ts';
import { plant } from '../../mutants.ts';
import { calmPlan } from '../../small-runs.ts';
import { appended, type Example, N1, N2, N3, voted } from './example.ts';

/** Long enough to elect a leader, or to start again, in simulated milliseconds. */
const WHILE_MS = 2_000;

type Step = (member: SimulatedMember, isWrong: boolean, world: World) => void;

/** A cluster at work, `n1` in it, and one step more. */
function during(
  property: string,
  text: string,
  step: Step,
  machine: (isWrong: boolean) => () => StateMachine = () => newStore,
): Example {
  const play = async (isWrong: boolean, report: Report): Promise<void> => {
    const createMachine = machine(isWrong);
    const world = new World({ plan: calmPlan(), createMachine, isTraced: false });
    for (const member of world.all) member.boot();
    await world.runUntil(WHILE_MS);
    step(world.member(N1), isWrong, world);
    await world.runUntil(2 * WHILE_MS);
    const { violation } = world;
    if (violation !== null) report(violation.property, violation.message);
  };
  return { property, text, play };
}

/** Between two lives its disk is made to hold more, or less, than it said. */
function between(property: string, text: string, happens: Step): Example {
  return during(property, text, (member, isWrong, world) => {
    member.kill('kill');
    happens(member, isWrong, world);
    member.boot();
  });
}

const newStore = (): StateMachine => new KvStateMachine();

const OF_DISKS: readonly Example[] = [
  during('S10', 'the term on a disk falls', ({ durable }, isWrong) => {
    const { hardState } = durable;
    durable.note(voted(hardState.term - (isWrong ? 1 : 0), hardState.votedFor));
  }),
  during('S11', 'a vote is gone from a disk', ({ durable }, isWrong) => {
    durable.note(voted(durable.hardState.term + 1, N2));
    durable.note(voted(durable.hardState.term, isWrong ? null : N2));
  }),
  between('S14', 'a node wakes up without an entry that its disk had', ({ durable }, isWrong) => {
    const { term: ofTerm } = durable.hardState;
    if (isWrong) durable.note(appended([ofTerm], durable.lastIndex + 1));
  }),
  between('S14', 'a node wakes up with another term than its disk has', ({ durable }, isWrong) => {
    const note = durable.note.bind(durable);
    durable.note = (changes) => {
      note(changes);
      durable.note = note;
      if (isWrong) note(voted(durable.hardState.term + 1, null));
    };
  }),
  between(
    'S45',
    'a node wakes up with a commit that nobody has reached',
    (member, isWrong, world) => {
      knowAllCommitted(member);
      if (isWrong) Object.defineProperty(world.history, 'committedThrough', { value: 0 });
    },
  ),
  between('S35', 'a directory is refused to which nothing was done', (member, isWrong) => {
    damageDisk(member.disk, 'missingRecord', member.disk.random);
    if (!isWrong) member.excuse = DAMAGED;
  }),
];

/** As if the last write had known that everything in the log is committed. */
function knowAllCommitted({ disk }: SimulatedMember): void {
  const store = disk.content.get('data/log');
  const name = nameOf(keyOf(RECORD_KIND.state));
  if (store?.type !== 'database') throw new Error('there is no database');
  const found = decodeRecord(STATE, store.records.get(name)?.value ?? new Uint8Array());
  if (found.type !== 'value') throw new Error('there is no state');
  const state = { ...found.value, commitIndex: found.value.last.index };
  store.records.damage(name, encodeRecord(RECORD_KIND.state, state));
}

/** A machine that throws at the first thing that it is told. */
function throwing(): StateMachine {
  return {
    apply: () => {
      throw new Error('a bug in the machine');
    },
  };
}

/** A frame leaves one node for another. */
function say(world: World, frame: Uint8Array, [from, to]: readonly [NodeId, NodeId]): void {
  const direction = { from: addressOf(from), to: addressOf(to) };
  world.network.memory.carries({ ...direction, frames: [frame], deliver: () => {} });
}

const ping = (): Uint8Array => encodeMessage({ type: 'Ping', term: term(1) }, 0);

const OF_EVENTS: readonly Example[] = [
  during('S37', 'an exception escapes from a node', ({ process }, isWrong) => {
    process?.run('input', () => {
      if (isWrong) throw new Error('a bug in the node');
    });
  }),
  during('S37', 'a node says what nobody understands', (_, isWrong, world) => {
    say(world, isWrong ? ping().fill(0xff, 5) : ping(), [N2, N3]);
  }),
  during('S37', 'a node halts although nothing was done to it', submitTo, (isWrong) =>
    isWrong ? throwing : newStore,
  ),
  during('S37', 'a node whose disk fails for no reason halts', (member, isWrong) => {
    member.disk.trouble.failNextWrite = 'absent';
    if (!isWrong) member.excuse = 'a write failed';
    submitTo(member);
  }),
];

/** Its code throws where it writes, and its node hears of it; unless `isHeard`, it does not. */
function breakCode({ trap, process, node }: SimulatedMember, isHeard: boolean): void {
  trap.arm(isHeard ? 'clock.setTimeout' : 'store.read');
  if (isHeard) process?.run('input', () => node?.awaitReadable({ timeoutMs: 1 }, () => {}));
  else expect(() => trap.pass('store.read')).toThrow('planted');
}

const OF_FAIL_STOPS: readonly Example[] = [
  during('S39', 'a node goes on after its code threw', (member, isWrong) => {
    breakCode(member, !isWrong);
    member.check();
  }),
  during('S39', 'a node speaks after its code threw', (member, isWrong, world) => {
    breakCode(member, true);
    say(world, ping(), [isWrong ? N1 : N3, N2]);
  }),
  during('S39', 'a node asks something of a port after its code threw', (member, isWrong) => {
    breakCode(member, true);
    if (isWrong) member.trap.around('store.write', () => {});
  }),
  heedsCandidate(),
];

function heedsCandidate(): Example {
  let uproot = (): void => {};
  const text = 'a node that hears its leader heeds a candidate of a newer term';
  const example = during('S43', text, (_, isWrong, world) => {
    if (isWrong) uproot = plant(world, 'disloyal');
    askForVote(world, N2);
  });
  const play = async (isWrong: boolean, report: Report): Promise<void> => {
    await example.play(isWrong, report);
    uproot();
  };
  return { ...example, play };
}

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
    const request = { type: 'RequestVote', term: term(9), lastLog, transfer: false } as const;
    world.clock.setTimeout(() => {
      world.member(to).process?.run('input', () => message.deliver([encodeMessage(request, 0)]));
    }, 1);
    return carry(message);
  };
}

/** One command; whoever leads passes it to everyone. */
function submitTo({ node, process }: SimulatedMember): void {
  const command = encodeCommand({ type: 'delete', key: new Uint8Array(1) });
  process?.run('input', () => node?.submit(command, { timeoutMs: 1_000 }, () => {}));
}

export const OF_MEMBERS: readonly Example[] = [...OF_DISKS, ...OF_EVENTS, ...OF_FAIL_STOPS];
