/**
 * The callers: each makes one call at a time, waits for its outcome, pauses, and calls again, at the same node
 * or another. What they were told becomes the history that is judged at the end (S28, S31, S32, L12).
 */
import type { RaftError } from '../../../core/errors.ts';
import type { SessionCall } from '../../../core/session.ts';
import type { NodeId } from '../../../core/types.ts';
import type { ProposalOutcome } from '../../../ports/replica.ts';
import type { StateMachine } from '../../../ports/state-machine.ts';
import { type BookedCall, CallBook } from '../checks/call-book.ts';
import { hashOf } from '../checks/durable-log.ts';
import { plainText } from '../runtime/plain-text.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Sometimes } from '../runtime/sometimes.ts';
import type { Previous, Subject } from '../subjects/subject.ts';
import { readByLease } from './lease-reads.ts';
import type { SimulatedMember } from './member.ts';
import { OwnReads } from './own-reads.ts';
import { SessionCaller } from './session-caller.ts';
import type { World } from './world.ts';

/** A call may end this much after its deadline: deadlines are looked at in sweeps. In milliseconds. */
const SLACK_MS = 250;

interface Call<Input> extends BookedCall<Input> {
  readonly inputs: readonly [Input];
  /** What had been committed anywhere when it was made. */
  readonly committed: number;
  readonly member: SimulatedMember;
  readonly process: SimulatedProcess;
  /** In a session; `null`: it is sent once. */
  readonly place: SessionCall | null;
  /** How often it was sent before, each time to an end that nobody knows. */
  readonly attempts: number;
}

/** Turns of events that a client sees by the code that it is told. */
const RARE: Readonly<Partial<Record<RaftError['code'], Sometimes>>> = {
  RAFT_OVERWRITTEN: 'a command is overwritten by another leader',
  RAFT_OVERLOADED: 'a call is refused because too many wait',
  RAFT_SESSION_EXPIRED: 'a client hears that its session is over',
};

interface ClientsOptions<Input, Output, Machine extends StateMachine> {
  readonly world: World;
  readonly subject: Subject<Input, Output, Machine>;
  readonly random: SeededRandom;
}

export class Clients<Input, Output, Machine extends StateMachine> {
  readonly book = new CallBook<Input, Output>();
  readonly #options: ClientsOptions<Input, Output, Machine>;
  readonly #clients: Client<Input, Output, Machine>[] = [];
  readonly #underWay = new Set<Call<Input>>();
  succeeded = 0;

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
    readByLease(world);
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

  /** One call at a certain node; true: it was carried out within its deadline. */
  callAt(member: SimulatedMember, number: number): Promise<boolean> {
    const client = this.#create(number, this.#options.random.fork(`single ${number}`));
    return new Promise((resolve) => client.callOnce(member, resolve));
  }

  #create(client: number, random: SeededRandom): Client<Input, Output, Machine> {
    return new Client({ ...this.#options, random, client, clients: this });
  }
}

interface ClientOptions<Input, Output, Machine extends StateMachine>
  extends ClientsOptions<Input, Output, Machine> {
  readonly client: number;
  readonly clients: Clients<Input, Output, Machine>;
}

class Client<Input, Output, Machine extends StateMachine> {
  readonly #options: ClientOptions<Input, Output, Machine>;
  #sequence = 0;
  #previous: Previous<Input, Output> | null = null;
  #favourite: NodeId;
  /** `null`: its commands are sent once. */
  readonly #sessions: SessionCaller | null;
  readonly #ownReads: OwnReads;
  #isRunning = false;
  #call: Call<Input> | null = null;
  #timer: unknown = null;
  #ended: ((isDone: boolean) => void) | null = null;

  constructor(options: ClientOptions<Input, Output, Machine>) {
    this.#options = options;
    this.#favourite = options.random.pick(options.world.plan.members);
    this.#ownReads = new OwnReads(options.world, options.random.fork('own reads'));
    const { sessions } = options.world.plan.workload;
    this.#sessions =
      sessions === null ? null : new SessionCaller(sessions, options.random.fork('sessions'));
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
    const { world, subject, random, client, clients } = this.#options;
    const { process, node } = member;
    if (process === null || node === null) return this.#over(false);
    this.#sequence += 1;
    const input = subject.draw(random, { client, sequence: this.#sequence }, this.#previous);
    const command = subject.encode(input);
    const calledAt = world.nextStep();
    const committed = world.history.committedThrough;
    const booked = { client, inputs: [input], command, calledAt } as const;
    const place = command === null ? null : this.#placeAt(member);
    if (command !== null && place !== null) world.history.noteOfSession(command);
    this.#note(`calls ${member.id}`, input);
    clients.book.noteHandedIn(command);
    this.#send({ ...booked, committed, member, process, place, attempts: 0 });
  }

  #send(call: Call<Input>): void {
    const { world, clients } = this.#options;
    const { command, member, process } = call;
    const { node } = member;
    if (node === null) throw new Error(`${member.id} is up`);
    this.#call = call;
    const { timeoutMs } = world.plan.workload;
    process.run('input', () => {
      clients.begin(call);
      if (command === null) {
        const { leaseReads = false } = world.plan.protocol;
        const lease = leaseReads && this.#options.random.chance(0.7);
        node.awaitReadable({ timeoutMs, lease }, (error, by) => this.#readable(call, error, by));
      } else {
        const options = call.place === null ? { timeoutMs } : { timeoutMs, session: call.place };
        node.submit(command, options, (outcome) => this.#applied(call, outcome));
      }
    });
    const patienceMs = timeoutMs / Math.min(1, world.plan.drifts[member.id]?.rate ?? 1) + SLACK_MS;
    world.clock.setTimeout(() => this.#waitedFor(call, patienceMs), patienceMs);
  }

  /** S28: whoever may read now sees everything that was committed anywhere before it asked. */
  #readable(call: Call<Input>, error: RaftError | null, by?: 'lease'): void {
    const { subject, world } = this.#options;
    if (error !== null) return this.#failed(call, error);
    if (by === 'lease') world.sometimes.note('a read is served by a lease');
    const { member, committed } = call;
    const lastApplied = member.node?.inspection().lastApplied ?? 0;
    if (lastApplied < committed) {
      world.report(
        'S28',
        `${member.id} lets read at ${lastApplied}, after ${committed} was committed`,
      );
    }
    this.#returned(call, subject.read(member.machine as Machine, call.inputs[0]));
  }

  #applied(call: Call<Input>, outcome: ProposalOutcome): void {
    if (outcome.type === 'failed') return this.#failed(call, outcome.error);
    const output = this.#options.subject.decode(outcome.result);
    const { attempts, place } = call;
    if (attempts > 0) this.#noteCopy(call, outcome.index);
    this.#returned(call, output);
    this.#ownReads.written(outcome);
    if (place !== null && this.#sessions?.sendsAgainUnasked) this.#sendAgain(call, outcome.result);
  }

  /** It was sent more than once, and the first to come was another than this. */
  #noteCopy({ command }: Call<Input>, index: number): void {
    const { clients, world } = this.#options;
    if (command === null || !clients.book.isUnique(command)) return;
    const [first = index] = world.history.ofSessions.get(hashOf(0, command)) ?? [];
    if (first !== index) world.sometimes.note('two copies of a command stand in the log');
  }

  /** S30: a copy of what was answered is answered so again, or refused. */
  #sendAgain({ command, place }: Call<Input>, result: unknown): void {
    const { random, world } = this.#options;
    const { node, process, state } = world.member(random.pick(world.plan.members));
    if (state !== 'up' || node === null || process === null) return;
    if (command === null || place === null) return;
    const { timeoutMs } = world.plan.workload;
    const before = plainText(result);
    process.run('input', () => {
      node.submit(command, { timeoutMs, session: place }, (outcome) => {
        if (outcome.type === 'failed') return;
        world.sometimes.note('a command that came again is answered as before');
        const now = plainText(outcome.result);
        if (now !== before) world.report('S30', `an answer was ${before}, and now is ${now}`);
      });
    });
  }

  #placeAt({ node, process }: SimulatedMember): SessionCall | null {
    if (node === null || process === null) return null;
    const timeMs = Math.max(node.status().timeMs, process.clock.wallTimeMs());
    return this.#sessions?.next(timeMs) ?? null;
  }

  #returned(call: Call<Input>, output: Output): void {
    if (call !== this.#call) return this.#options.world.report('S31', 'a call ends twice');
    const { world, clients } = this.#options;
    const { member, calledAt } = call;
    const { sprungAt } = member.trap;
    if (sprungAt !== null && member.process === call.process) {
      world.report('S39', `${member.id} answers a caller after its code threw at ${sprungAt}`);
    }
    clients.book.noteAnswered(call, [output], world.nextStep());
    clients.succeeded += 1;
    world.trace.mix(calledAt);
    this.#note('is told', output);
    this.#end(call, { type: 'answered', input: call.inputs[0], output });
  }

  #failed(call: Call<Input>, error: RaftError): void {
    if (call !== this.#call) return this.#options.world.report('S31', 'a call ends twice');
    const { world, clients, client } = this.#options;
    world.note(`c${client}`, `is told ${error.code}, ${error.retry}`);
    const rare = RARE[error.code];
    if (rare !== undefined) world.sometimes.note(rare);
    if (error.code === 'RAFT_SESSION_EXPIRED' || error.code === 'RAFT_SEQUENCE_PASSED') {
      this.#sessions?.leave();
    }
    const isUnknown = error.retry === 'outcomeUnknown';
    if (isUnknown || (call.attempts > 0 && error.retry === 'safe')) return this.#unknown(call);
    if (call.attempts > 0) return this.#giveUp(call);
    this.#end(call, { type: clients.book.noteFailed(call, error), input: call.inputs[0] });
  }

  /** A command of a session is sent again, at whichever member is up, as long as its client runs. */
  #unknown(call: Call<Input>): void {
    const { world, random, clients } = this.#options;
    const attempts = call.attempts + 1;
    if (call.place === null || !this.#isRunning || attempts >= this.#attemptsMax) {
      return this.#giveUp(call);
    }
    clients.end(call);
    // Another one, so that nothing of the earlier sending is heard any more.
    const waiting = { ...call, attempts };
    this.#call = waiting;
    world.clock.setTimeout(() => this.#sendOnceMore(waiting), random.exponential(50));
  }

  #sendOnceMore(call: Call<Input>): void {
    const { client, world, random } = this.#options;
    const member = world.member(random.pick(world.plan.members));
    const { process, state } = member;
    const isUp = state === 'up' && !member.isForeign && process !== null;
    if (!this.#isRunning || !isUp) return this.#unknown(call);
    world.note(`c${client}`, `sends it again to ${member.id}`);
    this.#send({ ...call, member, process });
  }

  #giveUp(call: Call<Input>): void {
    this.#options.clients.book.noteUnknown(call);
    this.#end(call, { type: 'unknown', input: call.inputs[0] });
  }

  get #attemptsMax(): number {
    return this.#sessions?.attemptsMax ?? 1;
  }

  /** L12: whoever still waits after the deadline waits for a dead or frozen process, or for ever. */
  #waitedFor(call: Call<Input>, patienceMs: number): void {
    if (call !== this.#call) return;
    const { world } = this.#options;
    const { process, member } = call;
    if (process.isAlive && !process.wasFrozenSince(world.now - patienceMs)) {
      return world.report('L12', `a call at ${member.id} hangs past its deadline`);
    }
    if (process.isAlive || process.isFrozen) {
      world.clock.setTimeout(() => this.#waitedFor(call, patienceMs), patienceMs);
      return;
    }
    this.#unknown(call);
  }

  #note(what: string, data: unknown): void {
    const { world, client } = this.#options;
    if (world.trace.isRecording) world.note(`c${client}`, `${what} ${plainText(data)}`);
  }

  #end(call: Call<Input>, ended: Previous<Input, Output>): void {
    this.#options.clients.end(call);
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
