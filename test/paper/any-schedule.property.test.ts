/**
 * §3.6.3 and §3.8 as one property: production nodes among each other under any schedule: messages lost, late,
 * repeated and out of order, slow disks, crashes that keep some of the last writes, leaders anywhere. The
 * properties of Figure 3.2 hold after every step; and once the faults are over, all members agree.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NodeId } from '../../src/core/types.ts';
import { MiniCluster } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { emptyLogs } from '../cluster/scenes.ts';

/** A kind of command that comes this often, with what else it is made of. */
const often = <Kind extends string, Rest>(
  weight: number,
  kind: Kind,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
) => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant(kind), ...rest }) as fc.Arbitrary<{ kind: Kind } & Rest>,
});

const at = fc.nat();
const command = fc.oneof(
  often(30, 'deliver', { at: fc.nat({ max: 5 }) }),
  often(3, 'repeat', { at }),
  often(4, 'drop', { at }),
  often(12, 'write', { at }),
  often(8, 'timer', { count: fc.integer({ min: 1, max: 6 }) }),
  often(2, 'calm', { ms: fc.integer({ min: 1, max: 700 }) }),
  often(2, 'crash', { at, isWritten: fc.boolean() }),
  often(4, 'start', { at }),
  often(6, 'propose', { at, count: fc.integer({ min: 1, max: 3 }) }),
  often(2, 'link', { at, with: at, isMade: fc.boolean() }),
  often(1, 'slow', { at }),
  often(2, 'part', { at: fc.nat({ max: 31 }) }),
);
type Command = typeof command extends fc.Arbitrary<infer One> ? One : never;

const start = fc.record({
  size: fc.constantFrom(3, 3, 4, 5),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  commands: fc.array(command, { maxLength: 150, size: 'max' }),
});

/** The longest election timeout. */
const T_MS = 600;
const STEP_MS = 50;
const STALL_MS = 400;

class Schedule {
  readonly cluster: MiniCluster;
  proposals = 0;

  private constructor(cluster: MiniCluster) {
    this.cluster = cluster;
  }

  static async begin(size: number, seed: number): Promise<Schedule> {
    let state = seed;
    const draw = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) / 2 ** 23;
    };
    const logs = emptyLogs(size);
    return new Schedule(await MiniCluster.start({ logs, draw, diskStallMs: STALL_MS }));
  }

  async perform(command: Command): Promise<void> {
    const { cluster } = this;
    const { network, said, up } = cluster;
    const at = 'at' in command ? command.at : 0;
    const member = up[at % Math.max(1, up.length)];
    switch (command.kind) {
      case 'deliver': {
        const envelope = network[at % Math.max(1, network.length)];
        return await cluster.deliver((each) => each === envelope);
      }
      case 'repeat': {
        const envelope = said[at % Math.max(1, said.length)];
        if (envelope !== undefined) await cluster.bring(envelope);
        return;
      }
      case 'drop': {
        const envelope = network[at % Math.max(1, network.length)];
        return cluster.drop((each) => each === envelope);
      }
      case 'write':
        member?.completeWrite();
        return await cluster.rest();
      case 'timer':
        for (let count = 0; count < command.count; count += 1) {
          cluster.clock.step();
          await cluster.rest();
        }
        return;
      case 'calm':
        return await cluster.elapse(command.ms);
      case 'crash':
        if (member !== undefined) await cluster.crash(member.id, command);
        return;
      case 'start': {
        const down = cluster.ids.filter((id) => !cluster.members.has(id));
        const id = down[at % Math.max(1, down.length)];
        if (id !== undefined) await cluster.start(id);
        return;
      }
      case 'propose':
        return this.#propose(command.at, command.count);
      case 'link': {
        const peer = cluster.ids[command.with % cluster.ids.length];
        if (member === undefined || peer === undefined || peer === member.id) return;
        return command.isMade
          ? cluster.connect(member.id, peer)
          : cluster.disconnect(member.id, peer);
      }
      case 'slow':
        if (member !== undefined) this.#slow(member.id);
        return;
      case 'part':
        return this.#part(command.at);
    }
  }

  /** Its writes wait from now on for as long as they may, or no longer. */
  #slow(id: NodeId): void {
    const { slowDisks } = this.cluster;
    if (!slowDisks.delete(id)) slowDisks.add(id);
  }

  #propose(at: number, count: number): void {
    const leaders = this.cluster.up.filter(({ leads }) => leads);
    const leader = leaders[at % Math.max(1, leaders.length)];
    this.proposals += 1;
    leader?.propose(...Array.from({ length: count }, (_, nth) => `${this.proposals}.${nth}`));
  }

  /** The members whose bit is set are cut off from the others; nobody if there are only one or all of them. */
  #part(bits: number): void {
    const { cluster } = this;
    const isThis = (id: NodeId): boolean => ((bits >> cluster.ids.indexOf(id)) & 1) === 1;
    const [these, those] = [cluster.ids.filter(isThis), cluster.ids.filter((id) => !isThis(id))];
    if (bits % 3 === 0) cluster.heal();
    else cluster.partition(these, those);
  }

  /** The faults are over: everyone is up, every link is made anew, and time passes. */
  async recover(): Promise<void> {
    const { cluster } = this;
    cluster.heal();
    cluster.slowDisks.clear();
    for (const id of cluster.ids) if (!cluster.members.has(id)) await cluster.start(id);
    for (const one of cluster.ids)
      for (const other of cluster.ids) if (one < other) await cluster.reconnect(one, other);
    await this.#settle();
  }

  /** L01: within ten election timeouts someone leads who goes on leading; campaigns of before may end first. */
  async #settle(): Promise<void> {
    const { cluster } = this;
    let [term, steadyMs] = [-1, 0];
    for (let passed = 0; passed < 10 * T_MS && steadyMs < 2 * T_MS; passed += STEP_MS) {
      await cluster.elapse(STEP_MS);
      const { leader } = cluster;
      const serves = leader?.servesReads === true && leader.state.term === term;
      steadyMs = serves ? steadyMs + STEP_MS : 0;
      term = leader?.state.term ?? -1;
    }
  }
}

const RUNS = 300;

/** Schedules that once failed: a campaign begun under the faults ended after the test had looked. */
const THREE_DELIVERED: Command[] = Array.from({ length: 3 }, () => ({ kind: 'deliver', at: 0 }));
const FAILED_ONCE: readonly { size: number; seed: number; commands: Command[] }[] = [
  {
    size: 3,
    seed: 18,
    commands: [
      { kind: 'calm', ms: 307 },
      { kind: 'part', at: 2 },
      { kind: 'link', at: 0, with: 1_551_336_817, isMade: false },
      { kind: 'timer', count: 1 },
      { kind: 'deliver', at: 0 },
    ],
  },
  {
    size: 3,
    seed: 1,
    commands: [
      { kind: 'timer', count: 1 },
      ...THREE_DELIVERED,
      { kind: 'write', at: 107_957_401 },
      ...THREE_DELIVERED.slice(1),
      { kind: 'write', at: 0 },
      ...THREE_DELIVERED,
      { kind: 'write', at: 0 },
      { kind: 'propose', at: 0, count: 1 },
      { kind: 'calm', ms: 1 },
    ],
  },
];

it('[EL11] [LR14] [CM2] §3.6.3: no schedule breaks what Figure 3.2 promises, and all agree when the faults end', {
  timeout: 300_000,
}, async () => {
  let [elections, committed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(start, async ({ size, seed, commands }) => {
      const schedule = await Schedule.begin(size, seed);
      const { cluster } = schedule;
      for (const each of commands) {
        await schedule.perform(each);
        cluster.check();
      }
      elections += cluster.leaders.size;
      committed += cluster.committed.length;
      await schedule.recover();
      const { leader } = cluster;
      for (const member of cluster.up) {
        expect(member.entries).toEqual(leader?.entries);
        expect(member.applied).toEqual(leader?.entries);
      }
      expect(cluster.committed.length).toBe(leader?.entries.length);
    }),
    { numRuns: RUNS, examples: FAILED_ONCE.map((schedule) => [schedule]) },
  );
  expect(elections, 'schedules with leaders').toBeGreaterThan(RUNS / 4);
  expect(committed, 'schedules that commit').toBeGreaterThan(RUNS / 4);
});
