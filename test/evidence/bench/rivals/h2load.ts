/** One gRPC request again and again, by Debian's h2load: the leanest client that etcd can have. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { quantilesOf } from '../../closed-loop.ts';
import type { Sample } from './rival.ts';

export interface Stream {
  readonly url: string;
  readonly frame: Buffer;
  readonly callers: number;
}

/** Callers that share a connection. */
const CALLERS_PER_CONNECTION = 100;

export async function askWithH2load(
  { url, frame, callers }: Stream,
  seconds: number,
): Promise<Sample> {
  const connections = Math.ceil(callers / CALLERS_PER_CONNECTION);
  const directory = await mkdtemp(join(tmpdir(), 'raftchart-h2load-'));
  const [body, log] = ['body', 'log'].map((name) => join(directory, name)) as [string, string];
  try {
    await writeFile(body, frame);
    const { stdout } = await promisify(execFile)('h2load', [
      ...['-D', `${seconds}`, '--warm-up-time=1', '-t', '1'],
      ...['-c', `${connections}`, '-m', `${Math.ceil(callers / connections)}`],
      ...['-d', body, '-H', 'content-type: application/grpc', '-H', 'te: trailers'],
      ...[`--log-file=${log}`, url],
    ]);
    const done = Number(/(\d+) succeeded, 0 failed, 0 errored, 0 timeout/.exec(stdout)?.[1]);
    if (!(done > 0)) throw new Error(`not everything was answered:\n${stdout}`);
    return { perSecond: done / seconds, ...quantilesOf(await latenciesIn(log)) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** A line for each request: when it began, its status, and how long it took in microseconds. */
async function latenciesIn(path: string): Promise<readonly number[]> {
  const lines = (await readFile(path, 'latin1')).trimEnd().split('\n');
  return lines.map((line) => Number(line.split('\t')[2]) / 1_000);
}
