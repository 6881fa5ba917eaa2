/** What compaction by count and by age lets go, and what never goes before its time (KV25). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../../src/kv/commands/command-codec.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import { MARKS_MAX } from '../../../src/kv/limits.ts';
import { dueCompaction, type Retention } from '../../../src/kv/store/retention.ts';
import { RevisionTimes } from '../../../src/kv/store/revision-times.ts';
import type { ProposalOutcome } from '../../../src/ports/replica.ts';
import { keepHistory } from '../../../src/server/upkeep/history-keeper.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { LocalReplica } from '../../server/local-replica.ts';
import { committed, put } from '../committed.ts';

/** Pauses before the writes of one revision each, in milliseconds. */
const pauses = fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 60 });

/** When each revision was written, the first of them 2. */
function timesOf(waits: readonly number[]): readonly { revision: number; timeMs: number }[] {
  let timeMs = 1_000_000;
  return waits.map((wait, place) => {
    timeMs += wait;
    return { revision: place + 2, timeMs };
  });
}

describe('the times of revisions', () => {
  it('[KV25] never call a revision older than it is, and miss its age by little', () => {
    fc.assert(
      fc.property(pauses, fc.nat({ max: 300_000 }), (waits, sinceMs) => {
        const written = timesOf(waits);
        const times = new RevisionTimes();
        for (const { revision, timeMs } of written) times.note(timeMs, revision - 1);
        const at = 1_000_000 + sinceMs;
        const truth = written.findLast(({ timeMs }) => timeMs <= at)?.revision ?? 1;
        const told = times.at(at)?.revision ?? 1;
        expect(told).toBeLessThanOrEqual(truth);
        // The last command by then tells of what stood a spacing before it.
        const lastMs = written.findLast(({ timeMs }) => timeMs <= at)?.timeMs ?? 0;
        const before = written.findLast(({ timeMs }) => timeMs <= lastMs - times.spacingMs);
        expect(told).toBeGreaterThanOrEqual(before?.revision ?? 1);
      }),
      { numRuns: 1000 },
    );
  });

  it('[KV25] stay few however long the history, and come close together again when it is short', () => {
    const times = new RevisionTimes();
    const hour = 3_600_000;
    for (let revision = 1; revision < 50_000; revision += 1) times.note(revision * hour, revision);
    expect(times.marks.length).toBeLessThanOrEqual(MARKS_MAX);
    expect(times.spacingMs).toBeGreaterThan(hour / 2);
    times.compacted(49_990);
    expect(times.marks.length).toBeLessThan(20);
    expect(times.spacingMs).toBe(1000);
    expect(times.marks[0]?.revision).toBeLessThanOrEqual(49_990);
  });
});

describe('what is due', () => {
  const age = 60_000;

  /** Puts one key at each of the times, and returns what is due then. */
  function due(timesMs: readonly number[], retention: Retention, nowMs: number): number | null {
    const machine = new KvStateMachine();
    for (const timeMs of timesMs) machine.apply(committed([encodeCommand(put('a'))], timeMs));
    return dueCompaction(machine, retention, nowMs);
  }

  it('[KV25] by count: all but the newest, once a sixteenth more is there', () => {
    const retention = { revisionsMax: 32, ageMaxMs: 0 };
    const written = (count: number) => new Array<number>(count).fill(0);
    expect(due(written(33), retention, 0)).toBeNull();
    expect(due(written(34), retention, 0)).toBe(35 - 32);
    expect(due(written(34), { revisionsMax: 0, ageMaxMs: 0 }, 0)).toBeNull();
  });

  it('[KV25] by age: what stood at the edge is the first that is kept', () => {
    const retention = { revisionsMax: 0, ageMaxMs: age };
    const each = Array.from({ length: 100 }, (_, at) => at * 1000);
    expect(due(each, retention, age)).toBeNull();
    expect(due(each, retention, age + 3000)).toBeNull();
    // At 10 s revision 12 was written: until then 11 stood.
    expect(due(each, retention, age + 10_000)).toBe(11);
    expect(due(each, { ...retention, ageMaxMs: 0 }, age + 10_000)).toBeNull();
  });
});

describe('the leader', () => {
  class Stage {
    readonly clock = new VirtualClock();
    readonly machine = new KvStateMachine();
    readonly replica = new LocalReplica({ machine: this.machine });
    readonly ends: ((outcome: ProposalOutcome) => void)[] = [];
    proposed = 0;
    isHeld = false;

    constructor(retention: Retention) {
      this.replica.submit = (data, _options, completed) => {
        this.proposed += 1;
        if (this.isHeld) this.ends.push(completed);
        else this.machine.apply(committed([data], this.clock.wallTimeMs()));
        if (!this.isHeld) completed({ type: 'failed', error: undefined as never });
      };
      const { replica, machine: kv, clock } = this;
      keepHistory({ replica, kv, clock, retention });
    }

    write(): void {
      this.machine.apply(committed([encodeCommand(put('a'))], this.clock.wallTimeMs()));
    }
  }

  it('[KV25] proposes what is due, and nobody else does', () => {
    const stage = new Stage({ revisionsMax: 10, ageMaxMs: 0 });
    stage.replica.follow('n2');
    for (let count = 0; count < 20; count += 1) stage.write();
    stage.clock.advance(10_000);
    expect(stage.proposed).toBe(0);
    stage.replica.follow('n1');
    stage.clock.advance(1000);
    expect(stage.machine.compactedRevision).toBe(11);
    stage.clock.advance(10_000);
    expect(stage.proposed).toBe(1);
  });

  it('[KV25] has one proposal under way, and tries again if it fails', () => {
    const stage = new Stage({ revisionsMax: 10, ageMaxMs: 0 });
    stage.isHeld = true;
    for (let count = 0; count < 20; count += 1) stage.write();
    stage.clock.advance(5000);
    expect(stage.proposed).toBe(1);
    stage.isHeld = false;
    stage.ends[0]?.({ type: 'failed', error: undefined as never });
    stage.clock.advance(1000);
    expect([stage.proposed, stage.machine.compactedRevision]).toEqual([2, 11]);
  });

  it('[KV25] counts age in log time, which goes on while nobody writes, whatever wall clocks do', () => {
    const stage = new Stage({ revisionsMax: 0, ageMaxMs: 60_000 });
    for (let count = 0; count < 30; count += 1) {
      stage.write();
      stage.clock.advance(1000);
    }
    stage.clock.jumpWallTime(3_600_000);
    stage.clock.advance(20_000);
    expect(stage.proposed).toBe(0);
    stage.clock.jumpWallTime(-7_200_000);
    stage.clock.advance(60_000);
    // The last write itself is told of by the command after it, which is a compaction.
    expect(stage.machine.compactedRevision).toBeGreaterThanOrEqual(29);
    expect(stage.machine.revision).toBe(31);
  });
});
