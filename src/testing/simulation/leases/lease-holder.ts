/**
 * Somebody who takes locks with leases: grants one, takes, writes under the number that it got, renews now and then and not always in
 * time, gives back or falls silent. What it is told is booked; that its lease is over it may hear no earlier than it knows itself (S50).
 */
import { unreachable } from '../../../core/assert.ts';
import type { RaftError } from '../../../core/errors.ts';
import { encodeCommand } from '../../../kv/commands/command-codec.ts';
import type { KvCommand } from '../../../kv/commands/commands.ts';
import type { KvResult } from '../../../kv/commands/results.ts';
import type { ProposalOutcome } from '../../../ports/replica.ts';
import type { CallBook } from '../checks/call-book.ts';
import type { StoreLeasePlan } from '../plan/plan-store-leases.ts';
import { plainText } from '../runtime/plain-text.ts';
import type { SeededRandom } from '../runtime/random.ts';
import { storeOf } from '../subjects/store-archive.ts';
import type { SimulatedMember } from '../world/member.ts';
import type { World } from '../world/world.ts';
import type { LeaseServer } from './lease-server.ts';
import type { LockInput, LockOutput } from './lock-model.ts';

interface LeaseHolderOptions {
  readonly world: World;
  readonly plan: StoreLeasePlan;
  readonly number: number;
  readonly random: SeededRandom;
  readonly book: CallBook<LockInput, LockOutput>;
  /** `null`: there is none at this member now. */
  readonly serverOf: (member: SimulatedMember) => LeaseServer | null;
}

/** What came of a call; `null`: it is not known, and may yet take effect. */
type Ended = LockOutput | RaftError | null;

/** A call that has not ended so long after its deadline is of a process that is dead or frozen. In milliseconds. */
const SLACK_MS = 250;
/** Bound: calls with one lease. */
const CALLS_MAX = 12;

const encoder = new TextEncoder();

export class LeaseHolder {
  readonly #options: LeaseHolderOptions;
  /** The most milliseconds that any member counts in a simulated one. */
  readonly #fastest: number;
  #isRunning = false;
  #isActive = false;
  #isCalling = false;
  #sequence = 0;
  /** When the last grant or renewal was sent that was answered, in simulated milliseconds. */
  #touchedMs = 0;

  constructor(options: LeaseHolderOptions) {
    this.#options = options;
    const drifts = Object.values(options.world.plan.drifts);
    this.#fastest = Math.max(1, ...drifts.map(({ rate }) => rate));
  }

  get isIdle(): boolean {
    return !this.#isCalling;
  }

  start(): void {
    this.#isRunning = true;
    if (!this.#isActive) void this.#live();
  }

  stop(): void {
    this.#isRunning = false;
  }

  async #live(): Promise<void> {
    this.#isActive = true;
    while (this.#isRunning) await this.#holdOne();
    this.#isActive = false;
  }

  async #holdOne(): Promise<void> {
    const { plan, random } = this.#options;
    await this.#pause();
    const lock = `l${random.integer(1, plan.locks)}`;
    const granted = await this.#call({ type: 'grant', lock });
    if (granted?.type !== 'granted') return;
    const { lease } = granted;
    const isOver = await this.#hold(lock, lease);
    if (!isOver && this.#isRunning && random.chance(0.5)) {
      await this.#call({ type: 'revoke', lock, lease });
    }
  }

  /** True: the lease is over. */
  async #hold(lock: string, lease: number): Promise<boolean> {
    let fencing: number | null = null;
    for (let calls = this.#options.random.integer(1, CALLS_MAX); calls > 0; calls -= 1) {
      await this.#pause();
      if (!this.#isRunning) return false;
      const input = this.#draw(lock, lease, fencing);
      const output = await this.#call(input);
      if (output?.type === 'ended') return true;
      if (output?.type === 'taken') fencing = output.fencing;
      // It may hold the lock, under a number that it was not told.
      if (output === null && input.type === 'take') return false;
    }
    return false;
  }

  #draw(lock: string, lease: number, fencing: number | null): LockInput {
    const { random } = this.#options;
    const kind = random.next();
    if (kind < 0.2) return { type: 'read', lock };
    if (kind < 0.6) return { type: 'renew', lock, lease };
    return fencing === null
      ? { type: 'take', lock, lease }
      : { type: 'write', lock, lease, fencing };
  }

  /** At any member that is up; `null`: nobody knows what came of it, or it was refused. */
  async #call(input: LockInput): Promise<LockOutput | null> {
    const { world, book, number, random } = this.#options;
    const member = world.member(random.pick(world.plan.members));
    const server = this.#options.serverOf(member);
    if (server === null) return null;
    const { type } = input;
    const command = type === 'read' || type === 'renew' ? null : this.#commandOf(input);
    const call = { client: number, inputs: [input], command, calledAt: world.nextStep() };
    book.noteHandedIn(command);
    this.#note(`calls ${member.id}`, input);
    this.#isCalling = true;
    const sentMs = world.now;
    const ended = await this.#ask(server, input, command);
    this.#isCalling = false;
    if (ended === null) book.noteUnknown(call);
    else if (ended instanceof Error) book.noteFailed(call, ended);
    else book.noteAnswered(call, [ended], world.nextStep());
    this.#note('is told', ended);
    if (ended === null || ended instanceof Error) return null;
    this.#heard(ended, sentMs);
    return ended;
  }

  #heard({ type }: LockOutput, sentMs: number): void {
    const { world, plan, number } = this.#options;
    if (type === 'granted' || type === 'renewed') this.#touchedMs = sentMs;
    if (type !== 'ended') return;
    const heldMs = Math.ceil((world.now - this.#touchedMs) * this.#fastest);
    if (heldMs >= plan.ttlMs) return;
    world.report(
      'S50',
      `h${number} hears after ${heldMs} of ${plan.ttlMs} ms that its lease is over`,
    );
  }

  #ask(server: LeaseServer, input: LockInput, command: Uint8Array | null): Promise<Ended> {
    const { world } = this.#options;
    const { timeoutMs } = world.plan.workload;
    const { member } = server;
    return new Promise((resolve) => {
      const end = (ended: Ended): void => {
        resolve(ended);
        world.letPromisesRun();
      };
      const told = (outcome: ProposalOutcome): void => end(outputOf(input, outcome));
      server.process.run('input', () => {
        if (command !== null) server.node.submit(command, { timeoutMs }, told);
        else if (input.type === 'renew') server.renewals.renew([input.lease], timeoutMs, told);
        else {
          server.node.awaitReadable({ timeoutMs }, (error) =>
            end(error ?? holdersOf(member, input.lock)),
          );
        }
      });
      const { rate = 1 } = world.plan.drifts[member.id] ?? {};
      world.clock.setTimeout(() => end(null), timeoutMs / Math.min(1, rate) + SLACK_MS);
    });
  }

  #commandOf(input: Exclude<LockInput, { type: 'read' | 'renew' }>): Uint8Array {
    this.#sequence += 1;
    const value = encoder.encode(`${this.#options.number}.${this.#sequence}`);
    return encodeCommand(commandOf(input, value, this.#options.plan.ttlMs));
  }

  #pause(): Promise<void> {
    const { plan, random, world } = this.#options;
    return new Promise((resolve) => {
      world.clock.setTimeout(() => {
        resolve();
        world.letPromisesRun();
      }, random.exponential(plan.pauseMs));
    });
  }

  #note(what: string, data: unknown): void {
    const { world, number } = this.#options;
    world.trace.mix(number);
    if (world.trace.isRecording) world.note(`h${number}`, `${what} ${plainText(data)}`);
  }
}

/** The keys that come and go together. */
function keysOf(lock: string): readonly Uint8Array[] {
  return [`${lock}/a`, `${lock}/b`].map((key) => encoder.encode(key));
}

/** Its value tells a command from all others. */
function commandOf(
  input: Exclude<LockInput, { type: 'read' | 'renew' }>,
  value: Uint8Array,
  ttlMs: number,
): KvCommand {
  const { lock } = input;
  const keys = keysOf(lock);
  const [key = value] = keys;
  switch (input.type) {
    case 'grant':
      return { type: 'grant', ttlMs };
    case 'revoke':
      return { type: 'revoke', lease: input.lease };
    case 'take':
      return {
        type: 'txn',
        compare: [{ key, target: 'createRevision', operator: '=', value: 0 }],
        success: keys.map((each) => ({ type: 'put', key: each, value, lease: input.lease })),
        failure: [],
      };
    case 'write':
      return {
        type: 'txn',
        compare: [{ key, target: 'createRevision', operator: '=', value: input.fencing }],
        success: [{ type: 'put', key: encoder.encode(`${lock}/written`), value }],
        failure: [],
      };
    default:
      return unreachable(input);
  }
}

function holdersOf(member: SimulatedMember, lock: string): LockOutput {
  const store = storeOf(member);
  return { type: 'held', by: keysOf(lock).map((key) => store.get(key)?.lease ?? null) };
}

function outputOf({ type }: LockInput, outcome: ProposalOutcome): Ended {
  if (outcome.type === 'failed') return outcome.error;
  const result = outcome.result as KvResult;
  switch (result.type) {
    case 'grant':
      return { type: 'granted', lease: result.lease };
    case 'renew':
      return result.ttlsMs[0] === 0 ? { type: 'ended' } : { type: 'renewed' };
    case 'revoke':
      return { type: 'revoked', deleted: result.deleted };
    case 'txn':
      if (type === 'write') return { type: result.succeeded ? 'written' : 'ended' };
      return result.succeeded ? { type: 'taken', fencing: result.revision } : { type: 'busy' };
    case 'refused':
      return result.code === 'RAFT_LEASE_EXPIRED' ? { type: 'ended' } : null;
    case 'put':
    case 'delete':
    case 'compact':
    case 'expire':
    case 'access':
    case 'conditionFailed':
      return null;
    default:
      return unreachable(result);
  }
}
