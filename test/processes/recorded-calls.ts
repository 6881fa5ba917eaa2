/**
 * Clients that do this and that with a few keys, and what they saw of it, for the judge of linearizability: impatient ones,
 * so that many a call ends without an answer, with sessions and without. A call that ends as `safe` counts as never done:
 * if it was done after all, no order explains what the others saw.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ConditionFailedError, connect, type KvClient, RaftError } from '../../src/client/index.ts';
import {
  checkLinearizability,
  describeViolation,
  type KeyValueInput,
  type KeyValueOutput,
  keyValue,
  type Operation,
  SeededRandom,
} from '../../src/testing/index.ts';

type Recorded = Operation<KeyValueInput, KeyValueOutput>;

const CLIENTS = 4;
/** Of a client at once. */
const HANDS = 2;
const KEYS = 4;
/** Some expire while the cluster has no leader, some never. */
const TIMEOUTS_MS = [60, 200, 1_000, 60_000] as const;
/** Between two calls, so that the writers are not starved, and after a refusal, in milliseconds. */
const PAUSE_MS = 5;
/** Keys of one round: a history of a key that grows on and on is hard to judge. */
const ROUND = 400;

export class RecordedCalls implements AsyncDisposable {
  readonly #history: Recorded[] = [];
  readonly #clients: readonly KvClient[];
  readonly #calling: Promise<unknown>;
  readonly #faults: string[] = [];
  #step = 0;
  #isOver = false;
  readonly ends = new Map<string, number>();

  constructor(endpoints: readonly string[], seed: string) {
    const random = new SeededRandom(seed);
    this.#clients = Array.from({ length: CLIENTS }, (_, at) => {
      const timeoutMs = TIMEOUTS_MS[at % TIMEOUTS_MS.length] ?? 1_000;
      return connect({ endpoints, timeoutMs, sessions: at % 2 === 0 });
    });
    const calling = this.#clients.flatMap((client, at) =>
      Array.from({ length: HANDS }, (_, hand) => {
        const name = `${at}-${hand}`;
        return this.#call(client, name, random.fork(name));
      }),
    );
    this.#calling = Promise.all(calling);
    this.#calling.catch(() => {});
  }

  /** Words for what cannot have been. */
  async end(): Promise<readonly string[]> {
    this.#isOver = true;
    await this.#calling;
    const verdict = checkLinearizability(keyValue, this.#history, { stepsMax: 2_000_000 });
    if (verdict.type === 'linearizable') return this.#faults;
    const words =
      verdict.type === 'violation'
        ? describeViolation(keyValue, verdict)
        : `what became of ${verdict.partition} was not judged to its end`;
    return [...this.#faults, words];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const client of this.#clients) await client.close();
  }

  async #call(client: KvClient, name: string, random: SeededRandom): Promise<void> {
    for (let count = 0; !this.#isOver; count += 1) {
      const key = `call/${Math.floor(this.#step / ROUND)}/${random.integer(1, KEYS)}`;
      await this.#record(client, name, inputOf(random, key, `${name}-${count}`));
      await pause(PAUSE_MS);
    }
  }

  async #record(client: KvClient, name: string, input: KeyValueInput): Promise<void> {
    this.#step += 1;
    const calledAt = this.#step;
    const done = (output: KeyValueOutput | null): void => {
      this.#step += 1;
      const returnedAt = output === null ? null : this.#step;
      this.#history.push({ client: name, input, output, calledAt, returnedAt });
    };
    try {
      done(await outputOf(client, input));
      this.#count('answered');
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      this.#count(`${error.code} ${error.retry}`);
      if (error.retry === 'outcomeUnknown') done(null);
      else if (error.retry === 'never') this.#faults.push(`${input.type}: ${error.message}`);
    }
  }

  #count(end: string): void {
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
  }
}

function inputOf(random: SeededRandom, key: string, value: string): KeyValueInput {
  const draw = random.integer(1, 10);
  if (draw <= 5) return { type: 'get', key };
  if (draw <= 8) return { type: 'put', key, value };
  return draw === 9 ? { type: 'create', key, value } : { type: 'delete', key };
}

async function outputOf(client: KvClient, input: KeyValueInput): Promise<KeyValueOutput> {
  if (input.type === 'get') {
    const found = await client.get(input.key);
    return { type: 'value', value: found === null ? null : new TextDecoder().decode(found.value) };
  }
  if (input.type === 'delete') {
    const { deleted } = await client.delete(input.key);
    return { type: 'done', changed: deleted > 0 };
  }
  const condition = input.type === 'create' ? ({ type: 'absent' } as const) : undefined;
  try {
    await client.put(input.key, input.value, condition === undefined ? {} : { condition });
    return { type: 'done', changed: true };
  } catch (error) {
    if (error instanceof ConditionFailedError) return { type: 'done', changed: false };
    throw error;
  }
}
