/**
 * The callers: each makes one call at a time, waits for its outcome, pauses, and calls again, at the same node
 * or another. What they were told becomes the history that is judged at the end (S28, S31, S32, L12).
 */
import type { RaftError } from '../../../core/errors.ts';
import type { NodeId } from '../../../core/types.ts';
import type { StateMachine } from '../../../ports/state-machine.ts';
import type { Operation } from '../../linearizability/operation.ts';
import { hashOf } from '../checks/durable-log.ts';
import { plainText } from '../runtime/plain-text.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Previous, Subject } from '../subjects/subject.ts';
import type { SimulatedMember } from './member.ts';
import type { World } from './world.ts';

/** A call may end this much after its deadline: deadlines are looked at in sweeps. In milliseconds. */
const SLACK_MS = 250;

interface Call<Input> {
  readonly input: Input;
  readonly command: Uint8Array | null;
  readonly calledAt: number;
  /** What had been committed anywhere when it was made. */
  readonly committed: number;
  readonly member: SimulatedMember;
  readonly process: SimulatedProcess;
  isOver: boolean;
}

const UNKNOWN_AND_DONE = 'a command of unknown outcome was carried out';
const UNKNOWN_AND_NOT = 'a command of unknown outcome was never carried out';

interface RecordedOperation<Input, Output> extends Operation<Input, Output> {
  /** The hash of its command; `null`: it only read. */
  readonly hash: number | null;
}

interface ClientsOptions<Input, Output, Machine extends StateMachine> {
  readonly world: World;
  readonly subject: Subject<Input, Output, Machine>;
  readonly random: SeededRandom;
}

export class Clients<Input, Output, Machine extends StateMachine> {
  readonly #operations: RecordedOperation<Input, Output>[] = [];
  /** Hashes of commands that were refused for certain: none of them may ever be applied (S31). */
  readonly refused = new Map<number, string>();
  /** How often each command was handed in. */
  readonly #handedIn = new Map<number, number>();
  readonly #options: ClientsOptions<Input, Output, Machine>;
  readonly #clients: Client<Input, Output, Machine>[] = [];
  readonly #underWay = new Set<Call<Input>>();
  succeeded = 0;
  lastSuccessMs = 0;

  constructor(options: ClientsOptions<Input, Output, Machine>) {
    this.#options = options;
    options.world.haltListeners.add((member) => this.#nodeHalted(member));
  }

  /** Starts as many as the plan says. */
  start(): void {
    const { world, random } = this.#options;
    for (let client = 1; client <= world.plan.workload.clients; client += 1) {
      this.#clients.push(this.#create(client, random.fork(client)));
    }
    for (const client of this.#clients) client.start();
  }

  /** Lets calls under way end and makes no new ones. */
  stop(): void {
    for (const client of this.#clients) client.stop();
  }

  resume(): void {
    for (const client of this.#clients) client.start();
  }

  get isIdle(): boolean {
    return this.#clients.every((client) => client.isIdle);
  }

  /**
   * What clients saw. A command of unknown outcome that was applied nowhere, now that everything is over, has
   * never taken effect and tells nothing.
   */
  get history(): readonly Operation<Input, Output>[] {
    const { history, sometimes } = this.#options.world;
    const { appliedCommands } = history;
    for (const { output, hash } of this.#operations) {
      if (output !== null || hash === null || !this.isUnique(hash)) continue;
      sometimes.note(appliedCommands.has(hash) ? UNKNOWN_AND_DONE : UNKNOWN_AND_NOT);
    }
    return this.#operations.filter(
      ({ output, hash }) =>
        output !== null || hash === null || !this.isUnique(hash) || appliedCommands.has(hash),
    );
  }

  get count(): number {
    return this.#operations.length;
  }

  /** Only a command that was handed in once tells by its bytes whose it is. */
  isUnique(hash: number): boolean {
    return this.#handedIn.get(hash) === 1;
  }

  record(operation: RecordedOperation<Input, Output>): void {
    this.#operations.push(operation);
  }

  begin(call: Call<Input>): void {
    this.#underWay.add(call);
  }

  end(call: Call<Input>): void {
    this.#underWay.delete(call);
  }

  /** L12: when a node says that it has halted, everyone who waited there has been told (FS4). */
  #nodeHalted({ id, process }: SimulatedMember): void {
    const left = [...this.#underWay].filter((call) => call.process === process).length;
    if (left === 0) return;
    this.#options.world.report('L12', `${id} halts, and ${left} who wait there are not told`);
  }

  noteHandedIn(command: Uint8Array | null): void {
    if (command === null) return;
    const hash = hashOf(0, command);
    this.#handedIn.set(hash, (this.#handedIn.get(hash) ?? 0) + 1);
  }

  /** One call at a certain node; true: it was carried out within its deadline. */
  callAt(member: SimulatedMember, number: number): Promise<boolean> {
    const client = this.#create(number, this.#options.random.fork(`single ${number}`));
    return new Promise((resolve) => client.callOnce(member, resolve));
  }

  #create(client: number, random: SeededRandom): Client<Input, Output, Machine> {
    return new Client({ ...this.#options, random, client, record: this });
  }
}

interface ClientOptions<Input, Output, Machine extends StateMachine>
  extends ClientsOptions<Input, Output, Machine> {
  readonly client: number;
  readonly record: Clients<Input, Output, Machine>;
}

class Client<Input, Output, Machine extends StateMachine> {
  readonly #options: ClientOptions<Input, Output, Machine>;
  #sequence = 0;
  #previous: Previous<Input, Output> | null = null;
  #favourite: NodeId;
  #isRunning = false;
  #call: Call<Input> | null = null;
  #timer: unknown = null;
  #ended: ((isDone: boolean) => void) | null = null;

  constructor(options: ClientOptions<Input, Output, Machine>) {
    this.#options = options;
    this.#favourite = options.random.pick(options.world.plan.members);
  }

  get isIdle(): boolean {
    return this.#call === null;
  }

  start(): void {
    this.#isRunning = true;
    if (this.#call === null && this.#timer === null) this.#pause();
  }

  stop(): void {
    this.#isRunning = false;
    this.#options.world.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  callOnce(member: SimulatedMember, ended: (isDone: boolean) => void): void {
    this.#ended = ended;
    this.#sequence = 1_000;
    this.#callAt(member);
  }

  #pause(): void {
    if (!this.#isRunning) return;
    const { world, random } = this.#options;
    const delayMs = random.exponential(world.plan.workload.pauseMs);
    this.#timer = world.clock.setTimeout(() => {
      this.#timer = null;
      this.#next();
    }, delayMs);
  }

  #next(): void {
    const { world, random } = this.#options;
    if (random.chance(world.plan.workload.restlessness)) {
      this.#favourite = random.pick(world.plan.members);
    }
    const member = world.member(this.#favourite);
    if (member.state === 'up' && !member.isForeign) return this.#callAt(member);
    this.#favourite = random.pick(world.plan.members);
    this.#pause();
  }

  #callAt(member: SimulatedMember): void {
    const { world, subject, random, client, record } = this.#options;
    const { process, node } = member;
    if (process === null || node === null) return this.#over(false);
    this.#sequence += 1;
    const input = subject.draw(random, { client, sequence: this.#sequence }, this.#previous);
    const command = subject.encode(input);
    const calledAt = world.nextStep();
    const committed = world.history.committedThrough;
    const call = { input, command, calledAt, committed, member, process, isOver: false };
    this.#call = call;
    const { timeoutMs } = world.plan.workload;
    this.#note(`calls ${member.id}`, input);
    record.noteHandedIn(command);
    process.run('input', () => {
      record.begin(call);
      if (command === null) {
        node.awaitReadable({ timeoutMs }, (error) => this.#readable(call, error));
      } else {
        node.submit(command, { timeoutMs }, (outcome) => {
          if (outcome.type === 'applied') this.#returned(call, subject.decode(outcome.result));
          else this.#failed(call, outcome.error);
        });
      }
    });
    const patienceMs = timeoutMs / Math.min(1, world.plan.drifts[member.id]?.rate ?? 1) + SLACK_MS;
    world.clock.setTimeout(() => this.#waitedFor(call, patienceMs), patienceMs);
  }

  /** S28: whoever may read now sees everything that was committed anywhere before it asked. */
  #readable(call: Call<Input>, error: RaftError | null): void {
    const { subject, world } = this.#options;
    if (error !== null) return this.#failed(call, error);
    const { member, committed } = call;
    const lastApplied = member.node?.inspect().lastApplied ?? 0;
    if (lastApplied < committed) {
      world.report(
        'S28',
        `${member.id} lets read at ${lastApplied}, after ${committed} was committed`,
      );
    }
    this.#returned(call, subject.read(member.machine as Machine, call.input));
  }

  #returned(call: Call<Input>, output: Output): void {
    if (call.isOver) return this.#options.world.report('S31', 'a call ends twice');
    const { world, record, client } = this.#options;
    const { input, calledAt, member } = call;
    const { sprungAt } = member.trap;
    if (sprungAt !== null && member.process === call.process) {
      world.report('S39', `${member.id} answers a caller after its code threw at ${sprungAt}`);
    }
    const hash = call.command === null ? null : hashOf(0, call.command);
    record.record({ client, input, output, calledAt, returnedAt: world.nextStep(), hash });
    record.succeeded += 1;
    record.lastSuccessMs = world.now;
    world.trace.mix(calledAt);
    this.#note('is told', output);
    this.#end(call, { type: 'answered', input, output });
  }

  /** S31: what was refused for certain must never take effect; all else is unknown and may. */
  #failed(call: Call<Input>, error: RaftError): void {
    if (call.isOver) return this.#options.world.report('S31', 'a call ends twice');
    const { world, record, client } = this.#options;
    world.note(`c${client}`, `is told ${error.code}, ${error.retry}`);
    if (error.code === 'RAFT_OVERWRITTEN') {
      world.sometimes.note('a command is overwritten by another leader');
    }
    if (error.code === 'RAFT_OVERLOADED') {
      world.sometimes.note('a call is refused because too many wait');
    }
    const isUnknown = error.retry === 'outcomeUnknown';
    if (isUnknown) this.#leaveUnknown(call);
    else if (call.command !== null) record.refused.set(hashOf(0, call.command), error.code);
    this.#end(call, { type: isUnknown ? 'unknown' : 'refused', input: call.input });
  }

  /** L12: whoever still waits after the deadline waits for a dead or frozen process, or for ever. */
  #waitedFor(call: Call<Input>, patienceMs: number): void {
    if (call.isOver) return;
    const { world } = this.#options;
    if (call.process.isFrozen) {
      world.clock.setTimeout(() => this.#waitedFor(call, patienceMs), patienceMs);
      return;
    }
    if (call.process.isAlive && !call.process.wasFrozenSince(world.now - patienceMs)) {
      return world.report('L12', `a call at ${call.member.id} hangs past its deadline`);
    }
    if (call.process.isAlive) {
      world.clock.setTimeout(() => this.#waitedFor(call, patienceMs), patienceMs);
      return;
    }
    this.#leaveUnknown(call);
    this.#end(call, { type: 'unknown', input: call.input });
  }

  #note(what: string, data: unknown): void {
    const { world, client } = this.#options;
    if (world.trace.isRecording) world.note(`c${client}`, `${what} ${plainText(data)}`);
  }

  #leaveUnknown({ command, input, calledAt }: Call<Input>): void {
    if (command === null) return;
    const { record, client } = this.#options;
    const hash = hashOf(0, command);
    record.record({ client, input, output: null, calledAt, returnedAt: null, hash });
  }

  #end(call: Call<Input>, ended: Previous<Input, Output>): void {
    call.isOver = true;
    this.#options.record.end(call);
    this.#call = null;
    this.#previous = ended;
    this.#over(ended.type === 'answered');
  }

  #over(isDone: boolean): void {
    this.#ended?.(isDone);
    this.#ended = null;
    this.#pause();
  }
}
