/**
 * Carries out the faults of a plan: each begins at its time and ends at its time, or when everything is mended,
 * whichever comes first. Faults may overlap; each undoes only what it did itself.
 */
import { unreachable } from '../../../core/assert.ts';
import type { NodeId } from '../../../core/types.ts';
import type { Direction, Fault } from '../plan/plan-faults.ts';
import type { SimulatedMember } from '../world/member.ts';
import type { Supervisor } from '../world/supervisor.ts';
import { addressOf, DAMAGED, leaderIn, type World } from '../world/world.ts';
import { damageDisk } from './damage.ts';
import { foreignCopyOf, rememberCopy } from './foreign-disks.ts';

type End = () => void;

const NOTHING: End = () => {};

export class FaultInjector {
  readonly #world: World;
  readonly #supervisor: Supervisor;
  readonly #active = new Map<Fault, End>();
  readonly #cuts = new Map<string, number>();
  #spoiled: SimulatedMember | null = null;
  #isOver = false;
  partitions = 0;

  constructor(world: World, supervisor: Supervisor) {
    this.#world = world;
    this.#supervisor = supervisor;
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#world.clock.setTimeout(() => this.#begin(fault), fault.atMs - this.#world.now);
    }
  }

  /** Ends everything that is wrong; of what is planned nothing begins any more. */
  mendAll(): void {
    this.#isOver = true;
    for (const fault of [...this.#active.keys()]) this.#end(fault);
  }

  /** Begins a fault that lasts until everything is mended. */
  beginForEver(fault: Fault): void {
    this.#active.set(fault, this.#carryOut(fault));
  }

  #begin(fault: Fault): void {
    if (this.#isOver) return;
    this.#world.note(null, describeFault(fault));
    this.#active.set(fault, this.#carryOut(fault));
    this.#world.clock.setTimeout(() => this.#end(fault), fault.forMs);
  }

  #end(fault: Fault): void {
    const end = this.#active.get(fault);
    this.#active.delete(fault);
    end?.();
  }

  #carryOut(fault: Fault): End {
    switch (fault.type) {
      case 'crash':
        return this.#crash(this.#world.member(fault.node), fault.power);
      case 'stop':
        return this.#stop(this.#world.member(fault.node));
      case 'crashAll': {
        const ends = this.#world.all.map((member) => this.#crash(member, fault.power));
        return () => {
          for (const end of ends) end();
        };
      }
      case 'freeze':
        return this.#freeze(this.#world.member(fault.node));
      case 'partition':
        return this.#partition(fault.cuts, fault.isHard);
      case 'deafTo':
        return this.#deafen(fault.direction, fault.codes);
      case 'clog':
        this.#quality(fault.direction).cloggedUntilMs = this.#world.now + fault.forMs;
        return NOTHING;
      case 'disorder':
        return this.#disorder(fault);
      case 'reset':
        this.#world.network.memory.reset(
          addressOf(fault.direction.from),
          addressOf(fault.direction.to),
        );
        return NOTHING;
      case 'diskStall':
      case 'diskFull':
      case 'writeError':
      case 'readError':
        return this.#troubleDisk(fault);
      case 'damage':
      case 'wipe':
      case 'rollback':
        return this.#spoilDisk(fault);
      case 'throws':
        return this.#plant(fault);
      default:
        return unreachable(fault);
    }
  }

  #crash(member: SimulatedMember, power: boolean): End {
    const release = this.#supervisor.hold(member, power ? 'power' : 'kill');
    rememberCopy(member);
    return release;
  }

  /** An orderly end, as SIGTERM brings it about, and what comes after it. */
  #stop(member: SimulatedMember): End {
    const { node, process } = member;
    if (node === null || process === null || member.state !== 'up') return NOTHING;
    process.run('input', () => {
      node.close().then(
        () => this.#world.memberStopped(member),
        (error: unknown) => {
          this.#world.report('S37', `${member.id} does not stop in good order: ${String(error)}`);
        },
      );
    });
    return () => {
      if (member.node === node) this.#crash(member, false)();
    };
  }

  #freeze(member: SimulatedMember): End {
    const leader = leaderIn(this.#world);
    const thaw = freeze(member);
    return () => {
      const now = leaderIn(this.#world);
      const isDeposed = leader === member && now !== null && now !== member;
      const isStaying = leader !== null && leader !== member && now === leader;
      thaw();
      if (isDeposed) this.#world.sometimes.note('a leader wakes up deposed');
      if (isStaying) this.#world.sometimes.note('a frozen follower wakes up and the leader stays');
    };
  }

  #partition(cuts: readonly Direction[], isHard: boolean): End {
    this.partitions += 1;
    for (const cut of cuts) this.#cut(cut);
    if (isHard) {
      for (const { from, to } of cuts) {
        this.#world.network.memory.reset(addressOf(from), addressOf(to));
      }
    }
    return () => {
      for (const cut of cuts) this.#mend(cut);
    };
  }

  #cut({ from, to }: Direction): void {
    const key = `${from} → ${to}`;
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
    this.#world.network.memory.cut({ from: addressOf(from), to: addressOf(to) });
  }

  #mend({ from, to }: Direction): void {
    const key = `${from} → ${to}`;
    const count = (this.#cuts.get(key) ?? 1) - 1;
    this.#cuts.set(key, count);
    if (count === 0) this.#world.network.memory.mend({ from: addressOf(from), to: addressOf(to) });
  }

  #deafen(direction: Direction, codes: readonly number[]): End {
    const { blockedCodes } = this.#quality(direction);
    const added = codes.filter((code) => !blockedCodes.has(code));
    for (const code of added) blockedCodes.add(code);
    return () => {
      for (const code of added) blockedCodes.delete(code);
    };
  }

  #disorder({ directions, disorder }: Extract<Fault, { type: 'disorder' }>): End {
    const calm = { lossRate: 0, duplicateRate: 0, reorderRate: 0, replayRate: 0, breakRate: 0 };
    const set = (rates: typeof calm): void => {
      for (const direction of directions) Object.assign(this.#quality(direction), rates);
    };
    set(disorder);
    return () => set(calm);
  }

  #troubleDisk(
    fault: Extract<Fault, { type: 'diskStall' | 'diskFull' | 'writeError' | 'readError' }>,
  ): End {
    const member = this.#world.member(fault.node);
    const { trouble } = member.disk;
    switch (fault.type) {
      case 'diskStall':
        trouble.stalledUntilMs = this.#world.now + fault.forMs;
        return () => {
          trouble.stalledUntilMs = Math.min(trouble.stalledUntilMs, this.#world.now);
        };
      case 'diskFull':
        member.excuse = 'its disk is full';
        trouble.isFull = true;
        return () => {
          trouble.isFull = false;
        };
      case 'writeError':
        member.excuse = 'a write failed';
        trouble.failNextWrite = fault.outcome;
        return () => {
          trouble.failNextWrite = 'no';
        };
      case 'readError':
        member.excuse = 'a read failed';
        trouble.failNextRead = true;
        return () => {
          trouble.failNextRead = false;
        };
      default:
        return unreachable(fault);
    }
  }

  /** In this life or a later one: its code throws when it next comes there. */
  #plant({ node, place, isAfter }: Extract<Fault, { type: 'throws' }>): End {
    const { planted } = this.#world.member(node);
    const bug = { place, isAfter };
    planted.add(bug);
    return () => planted.delete(bug);
  }

  /** One disk at a time is not what its node wrote; the others keep what is needed to go on (the atlas of faults). */
  #spoilDisk(fault: Extract<Fault, { type: 'damage' | 'wipe' | 'rollback' }>): End {
    if (this.#spoiled !== null) return NOTHING;
    const member = this.#world.member(fault.node);
    const release = this.#supervisor.hold(member, 'kill');
    const restore = this.#spoil(member, fault);
    if (restore !== null) this.#spoiled = member;
    release();
    return () => {
      if (restore === null) return;
      this.#spoiled = null;
      if (fault.type !== 'damage' && isTurnedAway(member)) {
        this.#world.sometimes.note(TURNED_AWAY[fault.type]);
      }
      this.#replaceDisk(member, restore);
    };
  }

  /** Returns how to put the good disk back; `null`: this fault would prove nothing now. */
  #spoil(
    member: SimulatedMember,
    fault: Extract<Fault, { type: 'damage' | 'wipe' | 'rollback' }>,
  ): End | null {
    if (fault.type !== 'damage') {
      const others = this.#world.all.filter((other) => other !== member);
      const foreign = foreignCopyOf(fault.type, member, others);
      if (foreign === null) return null;
      member.excuse = 'its disk is another';
      return member.swapDisk(foreign);
    }
    const whole = member.disk.copy();
    const { starts } = member;
    member.excuse = DAMAGED;
    damageDisk(member.disk, fault.kind, this.#world.random.fork(`damage ${fault.atMs}`));
    return () => {
      if (member.starts === starts) member.disk.restore(whole);
      else this.#world.sometimes.note('a directory opens whole in spite of damage');
    };
  }

  /** A member that came up on a damaged disk has found it whole, and used it since: then it stays. */
  #replaceDisk(member: SimulatedMember, restore: End): void {
    const release = this.#supervisor.hold(member, 'kill');
    restore();
    release();
  }

  #quality({ from, to }: { readonly from: NodeId; readonly to: NodeId }) {
    return this.#world.network.quality(addressOf(from), addressOf(to));
  }
}

const TURNED_AWAY = {
  wipe: 'an emptied disk is turned away by those who knew it',
  rollback: 'an old copy of a disk is turned away',
} as const;

/** No link of it is open, and at least one was refused by name. */
function isTurnedAway({ node }: SimulatedMember): boolean {
  const links = node?.status().links ?? [];
  const isRefused = links.some(({ reason }) => /directory|older|backup/.test(reason ?? ''));
  return isRefused && links.every(({ state }) => state !== 'open');
}

function freeze(member: SimulatedMember): End {
  const { process } = member;
  if (process === null || process.isFrozen) return NOTHING;
  process.freeze();
  return () => process.thaw();
}

function describeFault(fault: Fault): string {
  const { type, atMs: _, forMs, ...rest } = fault;
  return `FAULT ${type} for ${forMs} ms ${JSON.stringify(rest)}`;
}
