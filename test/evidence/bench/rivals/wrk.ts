/** The same HTTP request again and again, by Debian's wrk: one load generator for every server. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Load, Sample } from './rival.ts';

interface Request {
  readonly url: string;
  readonly method: string;
  readonly body: string;
}

export async function askWithWrk(
  { ask, callers }: Pick<Load, 'ask' | 'callers'>,
  seconds: number,
  requests: Readonly<Record<'put' | 'get', Request>>,
): Promise<Sample> {
  if (ask === 'mix') throw new Error('wrk repeats one request: there is no mix over HTTP');
  const { url, method, body } = requests[ask];
  const directory = await mkdtemp(join(tmpdir(), 'raftchart-wrk-'));
  try {
    const script = join(directory, 'request.lua');
    await writeFile(script, `wrk.method = "${method}"\nwrk.body = ${JSON.stringify(body)}\n`);
    const words = [
      '-t1',
      `-c${callers}`,
      `-d${seconds}s`,
      '--latency',
      '--timeout',
      '10s',
      '-s',
      script,
      url,
    ];
    const { stdout } = await promisify(execFile)('wrk', words);
    return sampleIn(stdout);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function sampleIn(said: string): Sample {
  if (/Non-2xx|Socket errors/.test(said)) throw new Error(`not everything was answered:\n${said}`);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1]),
    p50Ms: millisecondsIn(/ 50%\s+(\S+)/.exec(said)?.[1]),
    p99Ms: millisecondsIn(/ 99%\s+(\S+)/.exec(said)?.[1]),
    p999Ms: null,
  };
}

function millisecondsIn(text = ''): number {
  const [, digits, unit = 'ms'] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(digits) * { us: 0.001, ms: 1, s: 1_000 }[unit as 'us' | 'ms' | 's'];
}
