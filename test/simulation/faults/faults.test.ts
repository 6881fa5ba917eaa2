/** Each fault of a plan as its victims meet it: while it lasts, and no longer. */
import { describe, expect, it } from 'vitest';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import { FaultInjector } from '../../../src/testing/simulation/faults/fault-injector.ts';
import type { Fault } from '../../../src/testing/simulation/plan/plan-faults.ts';
import { addressOf, type SimulatedMember } from '../../../src/testing/simulation/world/member.ts';
import { Supervisor } from '../../../src/testing/simulation/world/supervisor.ts';
import { leaderIn, World } from '../../../src/testing/simulation/world/world.ts';
import { MESSAGE_CODE } from '../../../src/transport/message-fields.ts';
import { N1, N2, N3 } from '../checks/examples/example.ts';
import { calmPlan } from '../small-runs.ts';

/** A cluster at work, in simulated milliseconds, and when the fault comes and goes. */
const AT_MS = 2_000;
const FOR_MS = 1_000;
const DIRECTION = { from: N1, to: N2 };

type FaultOf<Kind extends Fault> = Kind extends Fault ? Omit<Kind, 'atMs' | 'forMs'> : never;

interface Watched {
  readonly world: World;
  readonly member: SimulatedMember;
  readonly injector: FaultInjector;
}

async function started(...faults: readonly FaultOf<Fault>[]): Promise<Watched> {
  const createMachine = () => new KvStateMachine();
  const world = new World({ plan: calmPlan(), createMachine, isTraced: false });
  const supervisor = new Supervisor(world);
  const injector = new FaultInjector(world, supervisor);
  supervisor.bootAll();
  injector.schedule(faults.map((fault): Fault => ({ ...fault, atMs: AT_MS, forMs: FOR_MS })));
  await world.runUntil(AT_MS - 1);
  return { world, member: world.member(N2), injector };
}

/** What `look` sees before, during and after the fault. */
async function seen<Sight>(
  fault: FaultOf<Fault>,
  look: (watched: Watched) => Sight,
): Promise<readonly Sight[]> {
  const watched = await started(fault);
  const sights = [look(watched)];
  for (const atMs of [AT_MS + 1, AT_MS + FOR_MS + 500]) {
    await watched.world.runUntil(atMs);
    sights.push(look(watched));
  }
  expect(watched.world.violation).toBeNull();
  return sights;
}

const qualityOf = ({ world }: Watched) => world.network.quality(addressOf(N1), addressOf(N2));
const stateOf = ({ member }: Watched): string => `${member.state}, host ${member.isHostUp}`;

describe('a fault', () => {
  it('[SI13] kills a process, or a whole machine, and starts it again', async () => {
    const whole = 'up, host true';
    const killed = await seen({ type: 'crash', node: N2, power: false }, stateOf);
    expect(killed).toEqual([whole, 'down, host true', whole]);
    const unpowered = await seen({ type: 'crash', node: N2, power: true }, stateOf);
    expect(unpowered).toEqual([whole, 'down, host false', whole]);
    const everyone = await seen({ type: 'crashAll', power: true }, ({ world }) =>
      world.all.map(({ state }) => state).join(),
    );
    expect(everyone).toEqual(['up,up,up', 'down,down,down', 'up,up,up']);
  });

  it('[SI13] stops a node in good order, and starts it again', async () => {
    const lives = await seen({ type: 'stop', node: N2 }, ({ member }) => member.lives);
    expect(lives).toEqual([1, 1, 2]);
  });

  it('[SI13] freezes a process, and thaws it', async () => {
    const frozen = await seen(
      { type: 'freeze', node: N2 },
      ({ member }) => member.process?.isFrozen,
    );
    expect(frozen).toEqual([false, true, false]);
  });

  it('[SI13] cuts what a partition says, and mends it', async () => {
    const cuts = [DIRECTION];
    const fault = { type: 'partition', shape: 'random', cuts, isHard: true } as const;
    const isCut = ({ world }: Watched): readonly boolean[] => [
      world.network.memory.isCut({ from: addressOf(N1), to: addressOf(N2) }),
      world.network.memory.isCut({ from: addressOf(N2), to: addressOf(N1) }),
    ];
    const nothing = [false, false];
    expect(await seen(fault, isCut)).toEqual([nothing, [true, false], nothing]);
  });

  it('[SI13] leaves cut what another partition cuts as well', async () => {
    const both = { type: 'partition', shape: 'random', cuts: [DIRECTION], isHard: false } as const;
    const { world, injector } = await started(both);
    const longer = { ...both, atMs: AT_MS + 500, forMs: FOR_MS };
    injector.schedule([longer]);
    const direction = { from: addressOf(N1), to: addressOf(N2) };
    await world.runUntil(AT_MS + FOR_MS + 1);
    expect(world.network.memory.isCut(direction)).toBe(true);
    await world.runUntil(AT_MS + FOR_MS + 501);
    expect(world.network.memory.isCut(direction)).toBe(false);
    expect(injector.partitions).toBe(2);
  });

  it('[SI13] makes a direction deaf to some messages, and lets it hear again', async () => {
    const codes = [MESSAGE_CODE.AppendEntries];
    const fault = { type: 'deafTo', direction: DIRECTION, codes } as const;
    const blocked = await seen(fault, (watched) => [...qualityOf(watched).blockedCodes]);
    expect(blocked).toEqual([[], codes, []]);
  });

  it('[SI13] brings disorder, and order again', async () => {
    const disorder = {
      lossRate: 0.1,
      duplicateRate: 0.2,
      reorderRate: 0.3,
      replayRate: 0.4,
      breakRate: 0.05,
    };
    const fault = { type: 'disorder', directions: [DIRECTION], disorder } as const;
    const rates = await seen(fault, (watched) => ({ ...qualityOf(watched) }));
    expect(rates[1]).toMatchObject(disorder);
    expect(rates[2]).toEqual(rates[0]);
  });

  it('[SI13] clogs a direction until its end', async () => {
    const clogged = await seen({ type: 'clog', direction: DIRECTION }, qualityOf);
    expect(clogged.at(-1)?.cloggedUntilMs).toBe(AT_MS + FOR_MS);
  });

  it('[SI13] breaks a connection that is made anew', async () => {
    const { world } = await started({ type: 'reset', direction: DIRECTION });
    const ended: string[] = [];
    const link = {
      from: addressOf(N1),
      to: addressOf(N2),
      reset: (text: string) => ended.push(text),
    };
    world.network.memory.linked(link);
    await world.runUntil(AT_MS + 500);
    expect(ended).toEqual(['the connection was reset']);
    const links = world.member(N1).node?.status().links ?? [];
    expect(links.map(({ state }) => state)).toEqual(['open', 'open']);
  });

  it.each([
    { fault: { type: 'diskFull' }, during: { isFull: true } },
    { fault: { type: 'writeError', outcome: 'maybe' }, during: { failNextWrite: 'maybe' } },
    { fault: { type: 'readError' }, during: { failNextRead: true } },
    { fault: { type: 'diskStall' }, during: { stalledUntilMs: AT_MS + FOR_MS } },
  ] as const)('[SI13] troubles a disk: $fault.type', async ({ fault, during }) => {
    const troubles = await seen({ ...fault, node: N2 }, ({ member, world }) => {
      const { stalledUntilMs, ...rest } = member.disk.trouble;
      return { ...rest, stalledUntilMs: stalledUntilMs > world.now ? stalledUntilMs : 0 };
    });
    expect(troubles[1]).toEqual({ ...troubles[0], ...during });
    expect(troubles[2]).toEqual(troubles[0]);
  });

  it('[SI13] damages a disk with an excuse, and puts the good one back if it was refused', async () => {
    const kind = 'missingRecord';
    const states = await seen({ type: 'damage', node: N2, kind }, ({ member }) => [
      member.starts,
      member.excuse,
    ]);
    expect(states[0]).toEqual([1, null]);
    expect(states[2]).toEqual([2, 'its disk is damaged']);
  });

  it.each(['wipe', 'rollback'] as const)(
    '[SI13] puts another disk in: %s, once the others know the right one',
    async (type) => {
      const { world, member, injector } = await started({ type: 'crash', node: N2, power: false });
      const time = { atMs: AT_MS + 2 * FOR_MS, forMs: FOR_MS };
      injector.schedule([{ ...time, type, node: N2 }]);
      await world.runUntil(time.atMs + 500);
      expect([member.isForeign, member.excuse]).toEqual([true, 'its disk is another']);
      const links = member.node?.status().links ?? [];
      expect(links.map(({ state }) => state)).not.toContain('open');
      await world.runUntil(time.atMs + FOR_MS + 1_000);
      expect([member.isForeign, member.state]).toEqual([false, 'up']);
      expect(world.violation).toBeNull();
    },
  );

  it('[SI13] asks a member that another lead, and hears that it does', async () => {
    const watched = await started();
    const leaders = [N1, N3, N1].map(
      (to, at): Fault => ({
        ...{ type: 'transfer', node: N2, to, forMs: 0 },
        atMs: AT_MS + at * FOR_MS,
      }),
    );
    watched.injector.schedule(leaders);
    const seenLeaders: unknown[] = [];
    for (const { atMs } of leaders) {
      await watched.world.runUntil(atMs + FOR_MS / 2);
      seenLeaders.push(leaderIn(watched.world)?.id);
    }
    expect(seenLeaders).toEqual([N1, N3, N1]);
    expect(watched.world.sometimes.seen).toContain('leadership moves as was asked for');
    expect(watched.world.violation).toBeNull();
  });

  it('[SI13] lasts no longer than until all is mended, and none begins after that', async () => {
    const { world, member, injector } = await started({ type: 'freeze', node: N2 });
    injector.schedule([{ type: 'freeze', node: N3, atMs: AT_MS + 5, forMs: FOR_MS }]);
    await world.runUntil(AT_MS + 1);
    expect(member.process?.isFrozen).toBe(true);
    injector.mendAll();
    await world.runUntil(AT_MS + 10);
    expect(world.all.map(({ process }) => process?.isFrozen)).toEqual([false, false, false]);
  });
});

describe('the supervisor', () => {
  it('[SI13] starts a node again that has halted, and keeps one down for as long as anyone holds it', async () => {
    const createMachine = () => new KvStateMachine();
    const world = new World({ plan: calmPlan(), createMachine, isTraced: false });
    const supervisor = new Supervisor(world);
    supervisor.bootAll();
    await world.runUntil(AT_MS);
    const member = world.member(N2);
    const releases = [supervisor.hold(member, 'kill'), supervisor.hold(member, 'power')];
    releases[0]?.();
    releases[0]?.();
    await world.runUntil(2 * AT_MS);
    expect([member.state, member.isHostUp]).toEqual(['down', true]);
    releases[1]?.();
    await world.runUntil(2 * AT_MS + 500);
    expect([member.state, world.crashes]).toEqual(['up', 1]);
  });
});
