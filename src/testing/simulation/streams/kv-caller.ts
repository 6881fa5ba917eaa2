/**
 * A program on the production client library: bursts of calls over virtual streams, each answer kept for the
 * judges. Writes and linearizable reads join the history of all clients (S31, S32); what else an answer says is
 * held against the store at the end (P01), and so is how often each value was written (P02).
 */
import type { KvClient } from '../../../client/kv-client.ts';
import { RaftError } from '../../../core/errors.ts';
import type { KeyValueInput, KeyValueOutput } from '../../linearizability/models/key-value.ts';
import type { BookedCall } from '../checks/call-book.ts';
import { plainText } from '../runtime/plain-text.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Previous } from '../subjects/subject.ts';
import type { World } from '../world/world.ts';
import {
  type Answer,
  type KvRequest,
  ownRequest,
  pairRequest,
  rangeRequest,
  singleRequest,
  type Write,
} from './kv-requests.ts';
import type { RemoteOptions } from './remote.ts';
import { PREFIX, type StoreRecord } from './store-record.ts';

interface KvCallerOptions extends RemoteOptions<KeyValueInput, KeyValueOutput> {
  /** Names the caller in values: no other client has it. */
  readonly number: number;
  readonly random: SeededRandom;
  readonly client: KvClient;
  readonly process: SimulatedProcess;
  /** The average pause between two bursts, in milliseconds. */
  readonly pauseMs: number;
}

type Call = KvRequest & BookedCall<KeyValueInput>;

/** A call may end this much after its deadline: deadlines are looked at in sweeps. In milliseconds. */
const SLACK_MS = 250;
const BURST_MAX = 3;

export class KvCaller {
  readonly #options: KvCallerOptions;
  readonly #keys: readonly string[];
  readonly #answers: Answer[] = [];
  readonly #written: { readonly key: string; readonly value: string }[] = [];
  #previous: Previous<KeyValueInput, KeyValueOutput> | null = null;
  #sequence = 0;
  /** The newest that took effect. */
  #write: Write | null = null;
  readonly #underWay = new Set<Call>();
  #isRunning = false;
  #timer: unknown = null;

  constructor(options: KvCallerOptions) {
    const { keys } = options.world.plan.workload;
    this.#options = options;
    this.#keys = Array.from({ length: keys }, (_, at) => `${PREFIX}${at + 1}`);
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  start(): void {
    this.#isRunning = true;
    if (this.#timer === null) this.#pause();
  }

  stop(): void {
    this.#isRunning = false;
    this.#options.process.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** P01, P02. */
  judge(record: StoreRecord): void {
    const { world, number } = this.#options;
    for (const { fault } of this.#answers) {
      const words = fault(record);
      if (words !== null) world.report('P01', `c${number} is told what is not so: ${words}`);
    }
    for (const { key, value } of this.#written) {
      const times = record.timesWritten(key, value);
      if (times > 1)
        world.report('P02', `c${number} wrote ${value} once; ${times} times it stands`);
    }
  }

  #pause(): void {
    const { process, random, pauseMs } = this.#options;
    this.#timer = process.clock.setTimeout(() => {
      this.#burst();
      this.#pause();
    }, random.exponential(pauseMs));
  }

  #burst(): void {
    const { random } = this.#options;
    if (!this.#isRunning) return;
    const count = random.integer(1, BURST_MAX);
    for (let at = 0; at < count; at += 1) this.#call(this.#draw());
  }

  #draw(): KvRequest {
    const { random, draw, encode, number } = this.#options;
    this.#sequence += 1;
    const kind = random.next();
    if (kind < 0.1) {
      return rangeRequest(this.#keys, random.chance(0.5) ? 'local' : this.#drawConsistency());
    }
    if (kind < 0.2 && this.#keys.length > 1) {
      return pairRequest(random.shuffle(this.#keys).slice(0, 2), `${number}.${this.#sequence}`);
    }
    if (this.#write !== null && kind > 0.9 && this.#isOfVersion4) {
      return ownRequest(this.#keys, this.#write);
    }
    const caller = { client: number, sequence: this.#sequence };
    const input = draw(random, caller, this.#previous);
    return singleRequest(input, encode(input), this.#drawConsistency());
  }

  /** As new as can be, by a round or by a lease. */
  #drawConsistency(): 'linearizable' | 'lease' {
    if (!this.#isOfVersion4) return 'linearizable';
    return this.#options.random.chance(0.5) ? 'lease' : 'linearizable';
  }

  get #isOfVersion4(): boolean {
    return this.#options.world.plan.version > 3;
  }

  #call(request: KvRequest): void {
    const { world, book, client, number, process } = this.#options;
    const call: Call = { ...request, client: number, calledAt: world.nextStep() };
    this.#underWay.add(call);
    book.noteHandedIn(request.command);
    this.#written.push(...request.written);
    this.#note('calls', request.inputs);
    request.ask(client).then(
      (answer) => this.#returned(call, answer),
      (error: unknown) => this.#failed(call, error),
    );
    world.letPromisesRun();
    const lateMs = world.plan.workload.timeoutMs + SLACK_MS;
    // Twice, since a process that thaws does everything at once.
    process.clock.setTimeout(() => {
      process.clock.setTimeout(() => this.#waitedFor(call, lateMs), SLACK_MS);
    }, lateMs);
  }

  #returned(call: Call, answer: Answer): void {
    const { world, book } = this.#options;
    const { outputs } = answer;
    book.noteAnswered(call, outputs, world.nextStep());
    const input = call.inputs[outputs.length - 1];
    const output = outputs.at(-1);
    if (input !== undefined && output !== undefined) {
      this.#previous = { type: 'answered', input, output };
    }
    this.#answers.push(answer);
    this.#write = answer.write ?? this.#write;
    world.trace.mix(call.calledAt);
    this.#note('is told', outputs);
    this.#underWay.delete(call);
  }

  #failed(call: Call, error: unknown): void {
    const { world, book, number } = this.#options;
    if (!(error instanceof RaftError)) {
      world.report('S37', `c${number}: the client library throws ${String(error)}`);
      return;
    }
    world.trace.mix(error.message.length);
    world.note(`c${number}`, `is told ${error.code}, ${error.retry}: ${error.message}`);
    noteRare(world, error);
    const type = book.noteFailed(call, error);
    const [input] = call.inputs;
    if (input !== undefined) this.#previous = { type, input };
    this.#underWay.delete(call);
  }

  /** P05: the library keeps its deadlines, whatever the servers do. */
  #waitedFor(call: Call, lateMs: number): void {
    const { world, number, process } = this.#options;
    if (!this.#underWay.has(call) || process.wasFrozenSince(world.now - 2 * SLACK_MS)) return;
    world.report('P05', `a call of c${number} has not ended after ${lateMs} ms`);
  }

  #note(what: string, data: unknown): void {
    const { world, number } = this.#options;
    if (world.trace.isRecording) world.note(`c${number}`, `${what} ${plainText(data)}`);
  }
}

function noteRare({ sometimes }: World, { code, message }: RaftError): void {
  if (code === 'RAFT_OUTCOME_UNKNOWN' && message.startsWith('The connection broke')) {
    sometimes.note('a write ends unknown because its connection broke');
  }
}
