/** Processes of `raftchart serve`, asked by the client library, and over HTTP by wrk. */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type KvClient } from '../../../../src/client/index.ts';
import { eventually, ProcessCluster } from '../../../processes/process-cluster.ts';
import { closedLoop } from '../../closed-loop.ts';
import {
  keyOf,
  LOAD_KEYS,
  type Load,
  type Rival,
  type Sample,
  VALUE_BYTES,
  type Writer,
} from './rival.ts';
import { untilAnswered } from './until-answered.ts';
import { askWithWrk } from './wrk.ts';

const VALUE = new Uint8Array(VALUE_BYTES).fill(0x61);
/** Under way at once while keys are filled in. */
const FILLING = 1_000;
/** As h2load warms up. */
const WARM_UP_MS = 1_000;

export class Raftchart implements Rival {
  readonly name = 'raftchart';
  readonly #cluster: ProcessCluster;
  #filled = 0;

  private constructor(cluster: ProcessCluster) {
    this.#cluster = cluster;
  }

  static async start(members = 3): Promise<Raftchart> {
    return new Raftchart(await ProcessCluster.start(members));
  }

  async load(load: Load, seconds: number): Promise<Sample> {
    const urls = await this.#urls();
    const endpoints = load.at === 'leader' ? urls : urls.slice(1, 2);
    if (load.door === 'http') return askWithWrk(load, seconds, requestsTo(`${endpoints[0]}`));
    const client = connect({ endpoints, timeoutMs: 10_000 });
    try {
      const ask = askerOf(client, load);
      await closedLoop(load.callers, ask, pause(WARM_UP_MS));
      const { answered, failures, ...latencies } = await closedLoop(
        ...([load.callers, ask, pause(seconds * 1_000)] as const),
      );
      if (failures.length > 0) throw new Error(`raftchart: ${failures[0]}`);
      return { perSecond: answered / seconds, ...latencies };
    } finally {
      await client.close();
    }
  }

  async fill(keys: number): Promise<void> {
    const client = connect({ endpoints: [...this.#cluster.endpoints], timeoutMs: 30_000 });
    let next = this.#filled;
    const write = async (): Promise<void> => {
      while (next < keys) {
        const key = keyOf(next);
        next += 1;
        await client.put(key, VALUE);
      }
    };
    await Promise.all(Array.from({ length: FILLING }, write));
    this.#filled = Math.max(keys, this.#filled);
    await client.close();
    await this.#cluster.converged();
  }

  pids(): readonly number[] {
    return this.#cluster.pids();
  }

  async applied(): Promise<number> {
    const status = await this.#cluster.status(await this.#cluster.leader());
    return status?.lastApplied ?? Number.NaN;
  }

  async writer(): Promise<Writer> {
    const [, follower = ''] = await this.#urls();
    const client = connect({ endpoints: [follower], timeoutMs: 10_000 });
    return { put: (key) => client.put(key, VALUE), close: () => client.close() };
  }

  async end(who: 'leader' | 'follower', signal: 'SIGKILL' | 'SIGTERM'): Promise<string> {
    const urls = await this.#urls();
    // The last: the second is the one at which writers write.
    const url = who === 'leader' ? urls[0] : urls[2];
    const { id = '' } = this.#cluster.members.find((member) => member.url === url) ?? {};
    await this.#cluster.kill(id, signal);
    return id;
  }

  runAgain(id: string): Promise<number> {
    const { url } = this.#cluster.member(id);
    return untilAnswered(`${url}/kv/${encodeURIComponent(keyOf(0))}`, {}, () => {
      this.#cluster.run(id);
    });
  }

  async caughtUp(id: string): Promise<void> {
    const leader = await this.#cluster.status(await this.#cluster.leader());
    await eventually(60_000, `${id} to catch up`, async () => {
      const status = await this.#cluster.status(id);
      return (status?.lastApplied ?? -1) >= (leader?.lastApplied ?? Number.POSITIVE_INFINITY);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cluster[Symbol.asyncDispose]();
  }

  /** The leader's first. */
  async #urls(): Promise<readonly string[]> {
    const leader = this.#cluster.member(await this.#cluster.leader()).url;
    return [leader, ...this.#cluster.endpoints.filter((url) => url !== leader)];
  }
}

function askerOf(
  client: KvClient,
  { ask, callers, valueBytes = VALUE_BYTES }: Load,
): (caller: number, time: number) => Promise<unknown> {
  const value = VALUE.length === valueBytes ? VALUE : new Uint8Array(valueBytes).fill(0x61);
  return (caller, time) => {
    const key = keyOf((caller + time * callers) % LOAD_KEYS);
    const isPut = ask === 'put' || (ask === 'mix' && caller % 10 === 0);
    return isPut ? client.put(key, value) : client.get(key);
  };
}

function requestsTo(url: string): Parameters<typeof askWithWrk>[2] {
  const target = `${url}/kv/${encodeURIComponent(keyOf(0))}`;
  return {
    put: { url: target, method: 'PUT', body: 'a'.repeat(VALUE_BYTES) },
    get: { url: target, method: 'GET', body: '' },
  };
}
