/** Processes of Debian's etcd with its own settings, asked over gRPC by h2load, and over its HTTP gateway by wrk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../free-ports.ts';
import { eventually } from '../../../processes/process-cluster.ts';
import { putAllFrame, putFrame, rangeFrame } from './etcd-requests.ts';
import { askWithH2load, type Stream } from './h2load.ts';
import { keyOf, type Load, type Rival, type Sample, VALUE_BYTES, type Writer } from './rival.ts';
import { untilAnswered } from './until-answered.ts';
import { askWithWrk } from './wrk.ts';

const VALUE = Buffer.alloc(VALUE_BYTES, 'a');
/** Puts of one transaction; etcd takes 128. */
const BATCH = 128;
const BATCHES_UNDER_WAY = 4;

interface Member {
  readonly name: string;
  readonly url: string;
  readonly words: readonly string[];
  child: ChildProcess;
}

export class Etcd implements Rival {
  readonly name = 'etcd';
  readonly #directory: string;
  readonly #members: readonly Member[];
  #filled = 0;

  private constructor(directory: string, members: readonly Member[]) {
    this.#directory = directory;
    this.#members = members;
  }

  static async start(members = 3): Promise<Etcd> {
    const directory = await mkdtemp(join(tmpdir(), 'raftchart-etcd-'));
    const ports = await freePorts(2 * members);
    const etcd = new Etcd(directory, membersIn(directory, ports));
    await etcd.#leaderFirst();
    return etcd;
  }

  async load(load: Load, seconds: number): Promise<Sample> {
    const [leader, follower] = await this.#leaderFirst();
    const { url } = (load.at === 'leader' ? leader : follower) as Member;
    if (load.door === 'http') return askWithWrk(load, seconds, requestsTo(url));
    const before = await revisionAt(url);
    const samples = await Promise.all(
      streamsOf(load, url).map((stream) => askWithH2load(stream, seconds)),
    );
    const revisions = (await revisionAt(url)) - before;
    // A refused call has the status 200 of HTTP and its own in a trailer, which h2load does not read.
    if (load.ask !== 'get' && revisions < (samples[0]?.perSecond ?? 0) * seconds) {
      throw new Error(`etcd refused: its revision rose by ${revisions}`);
    }
    return together(samples);
  }

  async fill(keys: number): Promise<void> {
    const [leader] = await this.#leaderFirst();
    const session = connectHttp2(`${leader?.url}`);
    const write = async (): Promise<void> => {
      while (this.#filled < keys) {
        const from = this.#filled;
        this.#filled = Math.min(keys, from + BATCH);
        const batch = Array.from({ length: this.#filled - from }, (_, at) => keyOf(from + at));
        await call(session, '/etcdserverpb.KV/Txn', putAllFrame(batch, VALUE));
      }
    };
    await Promise.all(Array.from({ length: BATCHES_UNDER_WAY }, write));
    session.close();
  }

  pids(): readonly number[] {
    return this.#members.map(({ child }) => child.pid ?? 0);
  }

  async applied(): Promise<number> {
    const [leader] = await this.#leaderFirst();
    return Number((await statusOf(`${leader?.url}`)).raftAppliedIndex);
  }

  async writer(): Promise<Writer> {
    const [, follower] = await this.#leaderFirst();
    const session = connectHttp2(`${follower?.url}`);
    return {
      put: (key) => call(session, '/etcdserverpb.KV/Put', putFrame(key, VALUE)),
      close: () => new Promise((closed) => session.close(closed)),
    };
  }

  async end(who: 'leader' | 'follower', signal: 'SIGKILL' | 'SIGTERM'): Promise<string> {
    const members = await this.#leaderFirst();
    const { child, name } = members[who === 'leader' ? 0 : 2] as Member;
    await ended(child, signal);
    return name;
  }

  runAgain(name: string): Promise<number> {
    const member = this.#member(name);
    const { get } = requestsTo(member.url);
    return untilAnswered(get.url, { method: get.method, body: get.body }, () => {
      member.child = started(member.words);
    });
  }

  async caughtUp(name: string): Promise<void> {
    const [leader] = await this.#leaderFirst();
    const { raftAppliedIndex } = await statusOf(`${leader?.url}`);
    await eventually(60_000, `${name} to catch up`, async () => {
      const status = await statusOf(this.#member(name).url).catch((): Status => ({}));
      return Number(status.raftAppliedIndex ?? 0) >= Number(raftAppliedIndex);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(({ child }) => ended(child, 'SIGKILL')));
    await rm(this.#directory, { recursive: true, force: true });
  }

  #member(name: string): Member {
    const member = this.#members.find((each) => each.name === name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }

  #leaderFirst(): Promise<readonly Member[]> {
    return eventually(20_000, 'a leader of etcd', async () => {
      const leads = await Promise.all(this.#members.map(({ url }) => isLeader(url)));
      const leader = this.#members[leads.indexOf(true)];
      if (leader === undefined) return null;
      return [leader, ...this.#members.filter((member) => member !== leader)];
    });
  }
}

function membersIn(directory: string, ports: readonly number[]): readonly Member[] {
  const size = ports.length / 2;
  const places = Array.from({ length: size }, (_, at) => ({
    name: `e${at + 1}`,
    url: `http://127.0.0.1:${ports[at]}`,
    peerUrl: `http://127.0.0.1:${ports[size + at]}`,
  }));
  const all = places.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
  return places.map(({ name, url, peerUrl }) => {
    const words = [
      ...['--name', name, '--data-dir', join(directory, name), '--initial-cluster', all],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--logger', 'zap', '--log-level', 'error', '--quota-backend-bytes', '8589934592'],
    ];
    return { name, url, words, child: started(words) };
  });
}

function started(words: readonly string[]): ChildProcess {
  return spawn('etcd', words, { stdio: 'ignore' });
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** The gateway's answer to an empty question about itself. */
interface Status {
  readonly header?: { readonly member_id: string; readonly revision: string };
  readonly leader?: string;
  readonly raftAppliedIndex?: string;
}

async function statusOf(url: string): Promise<Status> {
  const answer = await fetch(`${url}/v3/maintenance/status`, { method: 'POST', body: '{}' });
  return (await answer.json()) as Status;
}

async function isLeader(url: string): Promise<boolean> {
  const { header, leader } = await statusOf(url).catch((): Status => ({}));
  return header !== undefined && header.member_id === leader;
}

async function revisionAt(url: string): Promise<number> {
  return Number((await statusOf(url)).header?.revision);
}

function streamsOf(
  { ask, callers, valueBytes = VALUE_BYTES }: Load,
  url: string,
): readonly Stream[] {
  const value = Buffer.alloc(valueBytes, 'a');
  const put = { url: `${url}/etcdserverpb.KV/Put`, frame: putFrame(keyOf(0), value) };
  const get = { url: `${url}/etcdserverpb.KV/Range`, frame: rangeFrame(keyOf(0)) };
  if (ask !== 'mix') return [{ ...(ask === 'put' ? put : get), callers }];
  const writers = Math.ceil(callers / 10);
  return [
    { ...put, callers: writers },
    { ...get, callers: callers - writers },
  ];
}

function together(samples: readonly Sample[]): Sample {
  const sum = (pick: (sample: Sample) => number): number =>
    samples.reduce((total, sample) => total + pick(sample), 0);
  return {
    perSecond: sum(({ perSecond }) => perSecond),
    p50Ms: sum(({ p50Ms }) => p50Ms) / samples.length,
    p99Ms: Math.max(...samples.map(({ p99Ms }) => p99Ms)),
    p999Ms: Math.max(...samples.map(({ p999Ms }) => p999Ms ?? Number.NaN)),
  };
}

function requestsTo(url: string): Parameters<typeof askWithWrk>[2] {
  const key = Buffer.from(keyOf(0)).toString('base64');
  const put = JSON.stringify({ key, value: VALUE.toString('base64') });
  return {
    put: { url: `${url}/v3/kv/put`, method: 'POST', body: put },
    get: { url: `${url}/v3/kv/range`, method: 'POST', body: JSON.stringify({ key }) },
  };
}

/** One gRPC call whose answer does not matter, but for its status: in the trailers, or where nothing is answered in the head. */
function call(session: ClientHttp2Session, path: string, frame: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ...{ ':method': 'POST', ':path': path },
      ...{ 'content-type': 'application/grpc', te: 'trailers' },
    });
    const heed = ({
      'grpc-status': status,
      'grpc-message': message,
    }: IncomingHttpHeaders): void => {
      if (status === '0') resolve();
      else if (status !== undefined) reject(new Error(`etcd answers ${status}: ${message}`));
    };
    stream.on('response', heed);
    stream.on('trailers', heed);
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('etcd did not answer')));
    stream.resume();
    stream.end(frame);
  });
}
