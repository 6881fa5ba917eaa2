/** How committed entries reach the state machine: in slices, and with results only for those who wait. */
import { describe, expect, it } from 'vitest';
import { ENTRY_KIND, type EntryRun, encodeRun } from '../../src/core/entry-run.ts';
import { APPLY_HANDFUL_COMMANDS, APPLY_SLICE_MS } from '../../src/core/limits.ts';
import { INDEX_ZERO, type Index, index, type Term, term } from '../../src/core/types.ts';
import { encodeCall } from '../../src/library/call-codec.ts';
import { defineMachine } from '../../src/library/define-machine.ts';
import { Applying, type ResultTaker } from '../../src/node/deeds/applying.ts';
import type { CommittedCommand, StateMachine } from '../../src/ports/state-machine.ts';
import {
  ListMachine,
  VirtualCluster,
  type VirtualClusterOptions,
} from '../../src/testing/virtual-cluster.ts';

const NO_DATA = new Uint8Array(0);

/** One run of commands from `first` on; a `null` stands for an entry that is none. */
function runOf(first: number, commands: readonly (Uint8Array | null)[]): EntryRun {
  const entries = commands.map((data) =>
    data === null ? { kind: ENTRY_KIND.noop, data: NO_DATA } : { kind: ENTRY_KIND.command, data },
  );
  return encodeRun({ term: term(1), firstIndex: index(first), timeMs: 0 }, entries);
}

function commandsOf(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, at) => new Uint8Array([at % 256]));
}

/** Every command takes its time; it stops when told that the time is up. */
class SlowMachine implements StateMachine {
  nowMs = 0;
  readonly applied: number[] = [];
  readonly handfuls: number[] = [];
  readonly #costMs: number;
  readonly #heedsTime: boolean;

  constructor(costMs: number, { heedsTime }: { readonly heedsTime: boolean }) {
    this.#costMs = costMs;
    this.#heedsTime = heedsTime;
  }

  now(): number {
    return this.nowMs;
  }

  apply(batch: readonly CommittedCommand[], isTimeUp: () => boolean): readonly unknown[] {
    const results: unknown[] = [];
    this.handfuls.push(batch.length);
    for (const command of batch) {
      this.nowMs += this.#costMs;
      this.applied.push(command.index);
      results.push(command.wantsResult ? `result of ${command.index}` : undefined);
      if (this.#heedsTime && isTimeUp()) break;
    }
    return results;
  }
}

class Taker implements ResultTaker {
  readonly told: [number, unknown][] = [];
  readonly awaited: Set<number>;

  constructor(awaited: readonly number[] = []) {
    this.awaited = new Set(awaited);
  }

  expects(at: Index, inTerm: Term): boolean {
    return inTerm === 1 && this.awaited.has(at);
  }

  resolve(at: Index, _: Term, result: unknown): void {
    this.told.push([at, result]);
  }
}

const unapplied = () => ({ lastApplied: INDEX_ZERO, handedOver: INDEX_ZERO, timeMs: 0 });

function applyingOf(machine: SlowMachine, taker = new Taker(), progress = unapplied()): Applying {
  return new Applying({ machine, taker, clock: machine, progress });
}

/** Applies all of it; returns how long each turn of the event loop was kept, in milliseconds. */
function turnsOf(applying: Applying, machine: SlowMachine): readonly number[] {
  const turns: number[] = [];
  while (applying.hasMore) {
    const beganMs = machine.now();
    applying.slice();
    turns.push(machine.now() - beganMs);
  }
  return turns;
}

function numbersThrough(last: number): readonly number[] {
  return Array.from({ length: last }, (_, at) => at + 1);
}

describe('applying in slices', () => {
  it('[AP2] a machine that heeds the time never keeps the event loop past its slice', () => {
    const machine = new SlowMachine(1.5, { heedsTime: true });
    const taker = new Taker();
    const applying = applyingOf(machine, taker);
    applying.take([runOf(1, commandsOf(400))]);
    const turns = turnsOf(applying, machine);
    expect(Math.max(...turns)).toBeLessThan(APPLY_SLICE_MS + 1.5);
    expect(machine.applied).toEqual(numbersThrough(400));
    expect(taker.told.map(([at]) => at)).toEqual(numbersThrough(400));
    expect(applying.lastApplied).toBe(400);
    expect(applying.count).toBe(400);
  });

  it('[AP2] a machine that does not look at the time is given as much as it manages', () => {
    const machine = new SlowMachine(1, { heedsTime: false });
    const applying = applyingOf(machine);
    applying.take([runOf(1, commandsOf(300))]);
    const [first, ...others] = turnsOf(applying, machine);
    expect(first).toBe(APPLY_HANDFUL_COMMANDS.first);
    expect(Math.max(...others)).toBeLessThanOrEqual(2 * APPLY_SLICE_MS);
    expect(machine.applied).toEqual(numbersThrough(300));
  });

  it('[AP2] what is quick is applied at once, whatever its size', () => {
    const machine = new SlowMachine(0, { heedsTime: true });
    const applying = applyingOf(machine);
    applying.take([runOf(1, [null, ...commandsOf(2_000)]), runOf(2_002, [null, null])]);
    expect(turnsOf(applying, machine)).toEqual([0]);
    expect(applying.lastApplied).toBe(2_003);
    expect(machine.handfuls.slice(0, 3)).toEqual([64, 128, 256]);
  });

  it('[AP2] after a slice everything through the last whole command is applied, entries that are none too', () => {
    const machine = new SlowMachine(APPLY_SLICE_MS, { heedsTime: true });
    const applying = applyingOf(machine);
    const [a, b, c] = commandsOf(3);
    applying.take([
      runOf(1, [null, a ?? null, null]),
      runOf(4, [null, b ?? null, c ?? null, null]),
    ]);
    const reached: number[] = [];
    while (applying.hasMore) {
      applying.slice();
      reached.push(applying.lastApplied);
    }
    expect(reached).toEqual([4, 5, 7]);
  });

  it('[E13] [AP2] of a large batch no more is decoded than the next handful takes', () => {
    const machine = new SlowMachine(APPLY_SLICE_MS, { heedsTime: true });
    const applying = applyingOf(machine);
    const decoded: number[] = [];
    const runs = Array.from({ length: 50 }, (_, at) => {
      const { bytes, ...run } = runOf(1 + at * 102, [null, ...commandsOf(100), null]);
      return {
        ...run,
        get bytes() {
          decoded.push(at);
          return bytes;
        },
      };
    });
    applying.take(runs);
    expect(decoded).toEqual([]);
    applying.slice();
    expect(new Set(decoded)).toEqual(new Set([0]));
    expect(applying.lastApplied).toBe(2);
    while (applying.hasMore) applying.slice();
    expect([applying.lastApplied, applying.count]).toEqual([50 * 102, 50 * 100]);
    const commands = numbersThrough(50 * 102).filter((at) => ![0, 1].includes(at % 102));
    expect(machine.applied).toEqual(commands);
  });

  it('[AP2] nothing is applied after a stop', () => {
    const machine = new SlowMachine(APPLY_SLICE_MS, { heedsTime: true });
    const applying = applyingOf(machine);
    applying.take([runOf(1, commandsOf(5))]);
    applying.slice();
    applying.end();
    expect(applying.hasMore).toBe(false);
    applying.slice();
    expect(machine.applied).toEqual([1]);
  });

  it('[EM1] fewer results than commands are taken only from a machine that asked for the time', () => {
    const machine = { apply: (batch: readonly unknown[]) => batch.slice(1) };
    const clock = { now: () => 0 };
    const applying = new Applying({ machine, clock, taker: new Taker(), progress: unapplied() });
    applying.take([runOf(1, commandsOf(3))]);
    expect(() => applying.slice()).toThrowError('EM1');
  });
});

describe('results', () => {
  it('[AP1] only results that somebody waits for are asked of the machine', () => {
    const machine = new SlowMachine(0, { heedsTime: true });
    const taker = new Taker([2, 4]);
    const applying = applyingOf(machine, taker);
    applying.take([runOf(1, commandsOf(4))]);
    applying.slice();
    expect(taker.told).toEqual([
      [1, undefined],
      [2, 'result of 2'],
      [3, undefined],
      [4, 'result of 4'],
    ]);
  });

  it('[AP1] who begins to wait between two slices still gets the result', () => {
    const machine = new SlowMachine(APPLY_SLICE_MS, { heedsTime: true });
    const taker = new Taker();
    const progress = unapplied();
    const applying = applyingOf(machine, taker, progress);
    applying.take([runOf(1, commandsOf(2))]);
    applying.slice();
    expect(progress.handedOver).toBe(1);
    taker.awaited.add(2);
    applying.slice();
    expect(taker.told).toEqual([
      [1, undefined],
      [2, 'result of 2'],
    ]);
  });

  it('[AP1] a machine of defineMachine keeps no result that nobody waits for', () => {
    const machine = defineMachine({
      initial: () => ({ sum: 0 }),
      commands: {
        add: (state, by: number) => {
          state.sum += by;
          return { sum: state.sum };
        },
      },
      queries: { sum: (state) => state.sum },
    });
    const replica = machine.start();
    const data = encodeCall('add', 1);
    const batch = [false, true, false].map((wantsResult, at) => ({
      index: index(at + 1),
      term: term(1),
      timeMs: 0,
      data,
      wantsResult,
    }));
    expect(replica.apply(batch, () => false)).toEqual([
      undefined,
      { ok: true, value: { sum: 2 } },
      undefined,
    ]);
    expect(replica.apply(batch, () => true)).toHaveLength(1);
    expect(replica.query('sum', undefined)).toBe(4);
  });

  it('[AP1] at a restart nobody waits, and no result is made of all that is applied again', async () => {
    const asked: boolean[] = [];
    class NosyMachine extends ListMachine {
      override apply(batch: readonly CommittedCommand[]): readonly number[] {
        for (const { wantsResult } of batch) asked.push(wantsResult);
        return super.apply(batch);
      }
    }
    const cluster = await VirtualCluster.start(1, { machine: () => new NosyMachine() });
    for (const name of ['a', 'b', 'c']) {
      expect(await cluster.submit('n1', name)).toMatchObject({ type: 'applied' });
    }
    expect(asked).toEqual([true, true, true]);
    await Promise.all([cluster.member('n1').node.close(), cluster.pass(3_000)]);
    await cluster.boot('n1');
    expect(await cluster.read('n1')).toBeNull();
    expect(cluster.applied('n1')).toEqual(['a', 'b', 'c']);
    expect(asked.slice(3)).toEqual([false, false, false]);
  });
});

describe('a node that applies in slices', () => {
  /** Ends the slice after every command, as if each had used up its time. */
  class OneByOne extends ListMachine {
    override apply(
      batch: readonly CommittedCommand[],
      isTimeUp?: () => boolean,
    ): readonly number[] {
      const count = isTimeUp?.() === true ? 1 : batch.length;
      return super.apply(batch.slice(0, count));
    }
  }
  const options: VirtualClusterOptions = {
    machine: () => new OneByOne(),
    adapt: (given) => ({ ...given, instruments: { cutsSlice: () => true } }),
  };

  it('[AP2] applies all in later turns, and answers writes and reads as before', async () => {
    const cluster = await VirtualCluster.start(3, options);
    const names = numbersThrough(20).map(String);
    await Promise.all(names.map((name) => cluster.submit('n2', name)));
    expect(await cluster.read('n3')).toBeNull();
    expect([...cluster.applied('n3')].sort()).toEqual([...names].sort());
  });

  it('[AP2] a halt or a stop between two slices is the end of applying', async () => {
    const cluster = await VirtualCluster.start(1, options);
    const { node } = cluster.member('n1');
    await cluster.leader();
    for (const name of ['a', 'b', 'c']) {
      node.submit(new TextEncoder().encode(name), { timeoutMs: 60_000 }, () => {});
    }
    while (cluster.applied('n1').length === 0) {
      cluster.clock.step();
      await Promise.resolve();
    }
    const before = cluster.applied('n1').length;
    expect(before).toBeLessThan(3);
    cluster.member('n1').disk.error = new Error('EIO');
    node.submit(NO_DATA, { timeoutMs: 60_000 }, () => {});
    cluster.clock.runDeferred();
    await Promise.resolve();
    expect(node.status().role).toBe('halted');
    await cluster.pass(1_000);
    expect(cluster.applied('n1')).toHaveLength(before);
  });
});
