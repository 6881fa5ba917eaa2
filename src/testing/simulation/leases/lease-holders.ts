/**
 * Leases in a run of the key-value store: members that keep them as their servers do, some who hold them, and what became of each
 * (S48 to S50, L18).
 */
import type { NodeId } from '../../../core/types.ts';
import type { KvCommand } from '../../../kv/commands/commands.ts';
import type { KvResult } from '../../../kv/commands/results.ts';
import type { CommittedCommand } from '../../../ports/state-machine.ts';
import { CallBook } from '../checks/call-book.ts';
import { LeaseRecord } from '../checks/lease-record.ts';
import type { StoreLeasePlan } from '../plan/plan-store-leases.ts';
import type { Remote } from '../streams/remote.ts';
import { commandIn, storeOf } from '../subjects/store-archive.ts';
import { linearizable } from '../subjects/subject.ts';
import type { SimulatedMember } from '../world/member.ts';
import type { World } from '../world/world.ts';
import { LeaseHolder } from './lease-holder.ts';
import { LeaseServer } from './lease-server.ts';
import { heldLocks, type LockInput, type LockOutput } from './lock-model.ts';

/** Other numbers than those of all other clients. */
const FIRST_NUMBER = 60;
/** A lease that nobody renews is over so long after its time, where a leader leads on. In milliseconds. */
const LATE_MS = 5_000;
/** The slowest clock that a member may have, for each simulated millisecond. */
const SLOWEST = 0.9;

const decoder = new TextDecoder();
const judge = linearizable(heldLocks);

interface LeaseHoldersOptions {
  readonly world: World;
  readonly plan: StoreLeasePlan;
}

export class LeaseHolders implements Remote {
  readonly toldCount = 0;
  readonly #options: LeaseHoldersOptions;
  readonly #book = new CallBook<LockInput, LockOutput>();
  readonly #servers = new Map<NodeId, LeaseServer>();
  readonly #record: LeaseRecord;
  readonly #holders: readonly LeaseHolder[];
  /** Who carried out the last command first. */
  #first: SimulatedMember | null = null;
  #stoppedMs = 0;

  constructor(options: LeaseHoldersOptions) {
    const { world, plan } = options;
    const { history, sometimes, report } = world;
    this.#options = options;
    this.#record = new LeaseRecord({
      report,
      changedAt: (revision) => this.#changedAt(revision),
      happened: (what) => sometimes.note(what),
    });
    history.appliedListeners.add((command, result, node) => this.#applied(command, result, node));
    history.leadListeners.add((term, node) => {
      const { rate = 1 } = world.plan.drifts[node] ?? {};
      this.#record.began(term, { atMs: world.now, rate });
    });
    world.watchMembers({
      started: (member) => this.#started(member),
      stopped: ({ id }) => this.#servers.get(id)?.stop(),
      ended: ({ id }, process) => {
        if (this.#servers.get(id)?.process === process) this.#servers.delete(id);
      },
    });
    this.#holders = Array.from({ length: plan.holders }, (_, at) =>
      this.#create(FIRST_NUMBER + at),
    );
  }

  start(): void {
    for (const holder of this.#holders) holder.start();
  }

  stop(): void {
    this.#stoppedMs = this.#options.world.now;
    for (const holder of this.#holders) holder.stop();
  }

  resume(): void {
    this.start();
  }

  mend(): void {}

  get isIdle(): boolean {
    return this.#holders.every((holder) => holder.isIdle);
  }

  /** L18: the leases that were left end by themselves, and in time. */
  isThrough(): boolean {
    const { plan, world } = this.#options;
    const { size } = this.#record;
    if (size === 0) return true;
    const leftMs = world.now - this.#stoppedMs;
    if (leftMs > plan.ttlMs / SLOWEST + world.plan.workload.timeoutMs + LATE_MS) {
      world.report('L18', `${size} leases of ${plan.ttlMs} ms are there after ${leftMs} ms`);
    }
    return false;
  }

  judge(): boolean {
    const { history, sometimes, report } = this.#options.world;
    this.#book.judgeRefusals(history, report);
    const { fault, isDecided } = judge(this.#book.history(history, sometimes));
    if (fault !== null) report('S50', fault);
    return isDecided;
  }

  #create(number: number): LeaseHolder {
    const { world, plan } = this.#options;
    return new LeaseHolder({
      world,
      plan,
      number,
      random: world.random.fork(`holder ${number}`),
      book: this.#book,
      serverOf: ({ id }) => this.#servers.get(id) ?? null,
    });
  }

  #started(member: SimulatedMember): void {
    const { process, node, id, isForeign } = member;
    if (process === null || node === null || isForeign) return;
    process.run('input', () => {
      const decided = (bytes: Uint8Array): void => this.#decided(member, commandIn(bytes));
      this.#servers.set(id, new LeaseServer({ member, process, node, decided }));
    });
  }

  #decided({ node }: SimulatedMember, command: KvCommand | null): void {
    const { leads = false, raft = null } = node?.inspection() ?? {};
    if (!leads || raft === null || command?.type !== 'expire') return;
    this.#record.decided(command.leases, { term: raft.term, atMs: this.#options.world.now });
  }

  #applied(command: CommittedCommand, result: unknown, node: NodeId): void {
    const known = commandIn(command.data);
    if (known === null) return;
    const { world } = this.#options;
    this.#first = world.member(node);
    this.#record.applied(known, result as KvResult, { term: command.term, atMs: world.now });
  }

  #changedAt(revision: number): readonly (readonly [string, boolean])[] | null {
    const store = storeOf(this.#first ?? undefined);
    if (revision <= store.compactedRevision) return null;
    const { revisions } = store.history({ prefix: new Uint8Array(0), from: revision });
    const events = revisions.find((each) => each.revision === revision)?.events ?? [];
    return events.map(({ key, type }) => [decoder.decode(key), type === 'delete']);
  }
}
