/**
 * Carries out the faults of a plan: each begins at its time and ends at its time, or when everything is mended,
 * whichever comes first. Faults may overlap; each undoes only what it did itself.
 */
import type { NodeId } from '../../../core/types.ts';
import type { DiskTrouble } from '../disk/simulated-disk.ts';
import { type Direction, directionsOf } from '../plan/directions.ts';
import type { Fault } from '../plan/plan-faults.ts';
import type { LinkQuality } from '../runtime/network.ts';
import type { SimulatedMember } from '../world/member.ts';
import { addressOf } from '../world/member.ts';
import type { Supervisor } from '../world/supervisor.ts';
import { DAMAGED, leaderIn, type World } from '../world/world.ts';
import { damageDisk } from './damage.ts';
import { foreignCopyOf, rememberCopy } from './foreign-disks.ts';
import { changeMembers, transferLeadership } from './requests.ts';

type End = () => void;

/** How often it is looked for who has got a lease, in simulated milliseconds. */
const LEASE_LOOK_MS = 5;

const NOTHING: End = () => {};
const ORDER = { lossRate: 0, duplicateRate: 0, reorderRate: 0, replayRate: 0, breakRate: 0 };

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
    for (const fault of [...this.#active.keys()]) this.end(fault);
  }

  /** Begins a fault that lasts until it is ended, or everything is mended. */
  beginForEver(fault: Fault): void {
    this.#active.set(fault, this.#carryOut(fault));
  }

  #begin(fault: Fault): void {
    if (this.#isOver) return;
    this.#world.note(null, describeFault(fault));
    this.#active.set(fault, this.#carryOut(fault));
    this.#world.clock.setTimeout(() => this.end(fault), fault.forMs);
  }

  /** Undoes what it did, if it has begun and not ended. */
  end(fault: Fault): void {
    const end = this.#active.get(fault);
    this.#active.delete(fault);
    end?.();
  }

  #carryOut<Type extends Fault['type']>(fault: Fault<Type>): End {
    return this.#beginnings[fault.type](fault);
  }

  /** How each fault begins; what they return ends it. */
  readonly #beginnings: { readonly [Type in Fault['type']]: (fault: Fault<Type>) => End } = {
    crash: ({ node, power }) => this.#crash(this.#world.member(node), power),
    stop: ({ node }) => this.#stop(this.#world.member(node)),
    crashAll: ({ power }) => all(this.#world.all.map((member) => this.#crash(member, power))),
    freeze: ({ node }) => this.#freeze(this.#world.member(node)),
    partition: ({ cuts, isHard }) => this.#partition(cuts, isHard),
    deafTo: ({ direction, codes }) => this.#deafen(direction, codes),
    clog: ({ direction, forMs }) => {
      this.#quality(direction).cloggedUntilMs = this.#world.now + forMs;
      return NOTHING;
    },
    disorder: ({ directions, disorder }) => {
      const qualities = directions.map((direction) => this.#quality(direction));
      for (const quality of qualities) Object.assign(quality, disorder);
      return all(qualities.map((quality) => () => Object.assign(quality, ORDER)));
    },
    reset: ({ direction }) => {
      this.#reset(direction);
      return NOTHING;
    },
    diskStall: ({ node, forMs }) => {
      const { trouble } = this.#world.member(node).disk;
      trouble.stalledUntilMs = this.#world.now + forMs;
      return () => {
        trouble.stalledUntilMs = Math.min(trouble.stalledUntilMs, this.#world.now);
      };
    },
    diskFull: ({ node }) =>
      this.#trouble(node, 'its disk is full', [{ isFull: true }, { isFull: false }]),
    writeError: ({ node, outcome }) =>
      this.#trouble(node, 'a write failed', [{ failNextWrite: outcome }, { failNextWrite: 'no' }]),
    readError: ({ node }) =>
      this.#trouble(node, 'a read failed', [{ failNextRead: true }, { failNextRead: false }]),
    /** In this life or a later one: its code throws when it next comes there. */
    throws: ({ node, place, isAfter }) => {
      const { planted } = this.#world.member(node);
      const bug = { place, isAfter };
      planted.add(bug);
      return () => planted.delete(bug);
    },
    damage: (fault) => this.#spoilDisk(fault),
    wipe: (fault) => this.#spoilDisk(fault),
    rollback: (fault) => this.#spoilDisk(fault),
    cutLease: ({ isHard }) => this.#cutLease(isHard),
    change: (fault) => asking(() => changeMembers(this.#world, fault)),
    transfer: (fault) => asking(() => transferLeadership(this.#world, fault)),
  };

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
    if (isHard) for (const cut of cuts) this.#reset(cut);
    return all(cuts.map((cut) => () => this.#mend(cut)));
  }

  /** Looks every few milliseconds for who has just got a lease. */
  #cutLease(isHard: boolean): End {
    const { clock, plan } = this.#world;
    let had: readonly SimulatedMember[] = this.#world.all;
    let end: End | null = null;
    const look = (): void => {
      const holders = this.#world.all.filter(({ node }) => node?.inspection().holdsLease);
      const holder = holders.find((member) => !had.includes(member));
      had = holders;
      if (end !== null) return;
      if (holder === undefined) clock.setTimeout(look, LEASE_LOOK_MS);
      else {
        const around = directionsOf(plan.members).filter(
          ({ from, to }) => from === holder.id || to === holder.id,
        );
        end = this.#partition(around, isHard);
      }
    };
    look();
    return () => {
      const mend = end ?? NOTHING;
      end = NOTHING;
      mend();
    };
  }

  #cut(cut: Direction): void {
    this.#countCuts(cut, 1);
    this.#world.network.memory.cut(addressesOf(cut));
  }

  #mend(cut: Direction): void {
    if (this.#countCuts(cut, -1) === 0) this.#world.network.memory.mend(addressesOf(cut));
  }

  /** How many partitions cut this direction. */
  #countCuts({ from, to }: Direction, by: number): number {
    const key = `${from} → ${to}`;
    const count = (this.#cuts.get(key) ?? 0) + by;
    this.#cuts.set(key, count);
    return count;
  }

  #reset(direction: Direction): void {
    const { from, to } = addressesOf(direction);
    this.#world.network.memory.reset(from, to);
  }

  #deafen(direction: Direction, codes: readonly number[]): End {
    const { blockedCodes } = this.#quality(direction);
    const added = codes.filter((code) => !blockedCodes.has(code));
    for (const code of added) blockedCodes.add(code);
    return () => {
      for (const code of added) blockedCodes.delete(code);
    };
  }

  /** What is wrong with the disk, and what it is to be after that; a member with such an excuse may halt. */
  #trouble(
    node: NodeId,
    excuse: string,
    [wrong, right]: readonly [Partial<DiskTrouble>, Partial<DiskTrouble>],
  ): End {
    const member = this.#world.member(node);
    member.excuse = excuse;
    Object.assign(member.disk.trouble, wrong);
    return () => Object.assign(member.disk.trouble, right);
  }

  /** One disk at a time is not what its node wrote; the others keep what is needed to go on (the atlas of faults). */
  #spoilDisk(fault: Fault<'damage' | 'wipe' | 'rollback'>): End {
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
  #spoil(member: SimulatedMember, fault: Fault<'damage' | 'wipe' | 'rollback'>): End | null {
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

  #quality(direction: Direction): LinkQuality {
    const { from, to } = addressesOf(direction);
    return this.#world.network.quality(from, to);
  }
}

function addressesOf({ from, to }: Direction): { readonly from: string; readonly to: string } {
  return { from: addressOf(from), to: addressOf(to) };
}

/** What is asked of a member is never taken back. */
function asking(ask: () => void): End {
  ask();
  return NOTHING;
}

function all(ends: readonly End[]): End {
  return () => {
    for (const end of ends) end();
  };
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
