/** Who counts how long leases last: the leader alone, by its own clock, and never shorter than was promised. */
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { index, term } from '../../../src/core/types.ts';
import { decodeCommand } from '../../../src/kv/commands/command-codec.ts';
import type { KvCommand } from '../../../src/kv/commands/commands.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import { LEASES_IN_COMMAND_MAX } from '../../../src/kv/limits.ts';
import type { ProposalOutcome, Readable, ReplicaStatus } from '../../../src/ports/replica.ts';
import { LeaseKeeper } from '../../../src/server/leases/lease-keeper.ts';
import { SharedRenewals } from '../../../src/server/leases/shared-renewals.ts';
import { LEASE_SLOT_MS, LEASE_STALL_MS } from '../../../src/server/limits.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { apply, committed, put } from '../../kv/committed.ts';
import { chunksOf, restored } from '../../kv/snapshots/snapshots-by-hand.ts';

const TTL_MS = 1_000;
const grant: KvCommand = { type: 'grant', ttlMs: TTL_MS };
/** A lease ends at most so long after it might. */
const LATE_MS = 2 * LEASE_SLOT_MS;

/** A member whose lead, disk and reads do what they are told. */
class Stage {
  readonly clock = new VirtualClock();
  readonly machine = new KvStateMachine();
  readonly submitted: KvCommand[] = [];
  role: ReplicaStatus['role'] = 'leader';
  term = 1;
  /** Commands are kept, and not applied. */
  isStuck = false;
  /** Larger commands are refused. */
  bytesMax = Number.POSITIVE_INFINITY;
  /** `null`: the leader has applied what was before it. */
  readable: RaftError | null | 'later' = null;
  asked: Readable[] = [];
  readonly keeper: LeaseKeeper;

  constructor() {
    const status = (): ReplicaStatus =>
      ({ role: this.role, term: term(this.term) }) as unknown as ReplicaStatus;
    this.keeper = new LeaseKeeper({
      clock: this.clock,
      kv: this.machine,
      replica: {
        status,
        submit: (data, _, completed) => this.#submit(data, completed),
        awaitReadable: (_, completed) => {
          if (this.readable === 'later') this.asked.push(completed);
          else completed(this.readable);
        },
      },
    });
  }

  get remainingMs(): number | null | undefined {
    const lease = this.machine.leases.get(1);
    return lease === null ? undefined : this.keeper.remainingMs(lease);
  }

  get keys(): number {
    return this.machine.keyCount;
  }

  #submit(data: Uint8Array, completed: (outcome: ProposalOutcome) => void): void {
    this.submitted.push(decodeCommand(data));
    if (data.length > this.bytesMax) {
      const error = new RaftError('RAFT_TOO_LARGE', 'too large a command');
      return this.clock.defer(() => completed({ type: 'failed', error }));
    }
    if (this.isStuck) {
      const error = new RaftError('RAFT_TIMED_OUT', 'no majority');
      return this.clock.defer(() => completed({ type: 'failed', error }));
    }
    const [result] = this.machine.apply(committed([data]));
    this.clock.defer(() => completed({ type: 'applied', term: term(1), index: index(1), result }));
  }
}

function stageWith(...commands: KvCommand[]): Stage {
  const stage = new Stage();
  apply(stage.machine, grant, { ...put('a'), lease: 1 }, ...commands);
  return stage;
}

describe('the leader', () => {
  it('[LE6] ends a lease that nobody renews, when its time is over and not before', () => {
    const stage = stageWith();
    stage.clock.advance(TTL_MS - 1);
    expect([stage.keys, stage.submitted.length]).toEqual([1, 0]);
    stage.clock.advance(1 + LATE_MS);
    expect(stage.submitted).toEqual([{ type: 'expire', leases: [{ lease: 1, renewals: 0 }] }]);
    expect([stage.keys, stage.machine.leases.size]).toEqual([0, 0]);
    stage.clock.advance(10 * TTL_MS);
    expect(stage.submitted).toHaveLength(1);
  });

  it('[LE6] counts from the last renewal, however many there were', () => {
    const stage = stageWith();
    for (let times = 0; times < 20; times += 1) {
      stage.clock.advance(0.7 * TTL_MS);
      apply(stage.machine, { type: 'renew', leases: [1] });
    }
    expect(stage.remainingMs).toBe(TTL_MS);
    stage.clock.advance(TTL_MS - 1);
    expect(stage.submitted).toEqual([]);
    stage.clock.advance(1 + LATE_MS);
    expect(stage.submitted).toEqual([{ type: 'expire', leases: [{ lease: 1, renewals: 20 }] }]);
  });

  it('[LE7] that is new counts all leases anew, once it has applied what was before it', () => {
    const stage = stageWith();
    stage.role = 'follower';
    stage.clock.advance(10 * TTL_MS);
    expect(stage.remainingMs).toBeNull();
    stage.role = 'leader';
    stage.term = 2;
    stage.readable = 'later';
    stage.clock.advance(10 * TTL_MS);
    expect(stage.asked).toHaveLength(1);
    expect(stage.submitted).toEqual([]);
    stage.asked[0]?.(null);
    stage.clock.advance(TTL_MS - 1);
    expect(stage.submitted).toEqual([]);
    stage.clock.advance(1 + LATE_MS);
    expect(stage.keys).toBe(0);
  });

  it('[LE7] that led before, and leads again, counts anew; and asks again where it was told nothing', () => {
    const stage = stageWith();
    stage.clock.advance(TTL_MS / 2);
    stage.term = 3;
    stage.readable = new RaftError('RAFT_TIMED_OUT', 'no majority');
    stage.clock.advance(5 * TTL_MS);
    expect(stage.submitted).toEqual([]);
    stage.readable = null;
    stage.clock.advance(TTL_MS - LEASE_SLOT_MS);
    expect(stage.submitted).toEqual([]);
    stage.clock.advance(LEASE_SLOT_MS + LATE_MS);
    expect(stage.keys).toBe(0);
  });

  it('[LE7] without a lead nothing ends, however long that lasts', () => {
    const stage = stageWith();
    stage.role = 'candidate';
    stage.clock.advance(100 * TTL_MS);
    expect([stage.keys, stage.submitted.length]).toEqual([1, 0]);
  });

  it('[LE7] that stood still has missed renewals, and counts all leases anew', () => {
    const stage = stageWith();
    stage.clock.advance(LEASE_SLOT_MS);
    const now = stage.clock.now.bind(stage.clock);
    stage.clock.now = () => now() + 5 * TTL_MS;
    expect(5 * TTL_MS).toBeGreaterThan(LEASE_STALL_MS);
    stage.clock.advance(TTL_MS - LEASE_SLOT_MS);
    expect(stage.submitted).toEqual([]);
    stage.clock.advance(LEASE_SLOT_MS + LATE_MS);
    expect(stage.keys).toBe(0);
  });

  it('[LE6] names a bounded number at once, tries again what came to nothing, and leaves out none', () => {
    const stage = new Stage();
    const count = 2.5 * LEASES_IN_COMMAND_MAX;
    apply(stage.machine, ...new Array(count).fill(grant));
    stage.isStuck = true;
    stage.clock.advance(TTL_MS + LATE_MS);
    expect(stage.submitted.length).toBeGreaterThan(0);
    expect(stage.machine.leases.size).toBe(count);
    stage.isStuck = false;
    stage.clock.advance(10 * LEASE_SLOT_MS);
    expect(stage.machine.leases.size).toBe(0);
    for (const command of stage.submitted) {
      expect(command.type === 'expire' && command.leases.length).toBeLessThanOrEqual(
        LEASES_IN_COMMAND_MAX,
      );
    }
  });

  it('[LE6] ends them with smaller commands where larger ones are refused', () => {
    const stage = new Stage();
    stage.bytesMax = 200;
    apply(stage.machine, ...new Array(73).fill(grant));
    stage.clock.advance(TTL_MS + 20 * LEASE_SLOT_MS);
    expect(stage.machine.leases.size).toBe(0);
    const sizes = stage.submitted.map((each) => each.type === 'expire' && each.leases.length);
    expect(sizes).toEqual([73, 37, 19, ...new Array(7).fill(10), 3]);
  });

  it('[LE7] counts the leases of a restored store from when that took the place of its own', async () => {
    const stage = new Stage();
    const other = stageWith();
    stage.clock.advance(10 * TTL_MS);
    await restored(await chunksOf(other.machine.snapshot()), stage.machine);
    stage.clock.advance(TTL_MS - 1);
    expect(stage.keys).toBe(1);
    stage.clock.advance(1 + LATE_MS);
    expect(stage.keys).toBe(0);
  });
});

describe('renewals', () => {
  it('[LE8] of many callers enter the log together, and each hears of its own', () => {
    const clock = new VirtualClock();
    const machine = new KvStateMachine();
    apply(machine, grant, { type: 'grant', ttlMs: 2_000 }, grant);
    const sizes: number[] = [];
    const renewals = new SharedRenewals({
      clock,
      kv: machine,
      replica: {
        submit: (data, _, completed) => {
          const command = decodeCommand(data);
          sizes.push(command.type === 'renew' ? command.leases.length : 0);
          const [result] = machine.apply(committed([data]));
          completed({ type: 'applied', term: term(1), index: index(1), result });
        },
      },
    });
    const heard: unknown[] = [];
    const hear = (outcome: ProposalOutcome): void => {
      heard.push(outcome.type === 'applied' ? outcome.result : outcome);
    };
    renewals.renew([2], 5_000, hear);
    clock.advance(1);
    renewals.renew([1, 3], 1_000, hear);
    // A fiftieth of the shorter one.
    clock.advance(TTL_MS / 50 - 1);
    expect(sizes).toEqual([]);
    clock.advance(1);
    expect(heard).toMatchObject([{ ttlsMs: [2_000] }, { ttlsMs: [1_000, 1_000] }]);
    renewals.renew([9], 1_000, hear);
    clock.advance(0);
    expect(heard[2]).toMatchObject({ ttlsMs: [0] });
    renewals.renew(new Array(LEASES_IN_COMMAND_MAX).fill(1), 1_000, hear);
    renewals.renew([3], 1_000, hear);
    clock.advance(100);
    expect(sizes).toEqual([3, 1, LEASES_IN_COMMAND_MAX, 1]);
    expect(heard).toHaveLength(5);
  });
});
