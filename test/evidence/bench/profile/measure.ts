/**
 * Three processes of `raftchart serve` and one that asks them, all under V8's profiler. Profiles are written at the end and
 * cut by the clock, which all processes of a machine share.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessCluster } from '../../../processes/process-cluster.ts';
import type { Service } from '../../closed-loop.ts';
import type { Measured } from './budget.ts';
import { CallerProcess } from './caller-process.ts';
import { busyStacks, type CpuProfile } from './cpu-profile.ts';
import type { ProfiledLoad } from './load.ts';
import { frameReader } from './places.ts';
import { between, type Uses, usesOf } from './threads.ts';

export interface Profiled {
  readonly load: ProfiledLoad;
  readonly service: Service;
  readonly perSecond: number;
  readonly leader: Measured;
  readonly followers: readonly Measured[];
  readonly client: Measured;
}

interface Window extends Pick<Profiled, 'load' | 'service'> {
  readonly from: Moment;
  readonly to: Moment;
}

/** By the clock of the profiles, and what each process had used by then, in the order of `pids`. */
interface Moment {
  readonly atNs: number;
  readonly uses: readonly Uses[];
}

/** Costs nothing, and the lead stays where it is on a machine that is busy. */
const PATIENT = ['--election-timeout-ms', '2000-4000'] as const;

/** The first that is asked is the leader; it has to lead to the end. */
export async function profile(
  loads: readonly ProfiledLoad[],
  seconds: number,
  tell: (load: ProfiledLoad, service: Service) => void,
): Promise<readonly Profiled[]> {
  const directory = await mkdtemp(join(tmpdir(), 'raftchart-profile-'));
  try {
    const nodeFlags = ['--cpu-prof', `--cpu-prof-dir=${directory}`];
    const { pids, windows } = await measured(loads, seconds, { nodeFlags, tell });
    const profiles = await Promise.all(pids.map((pid) => profileOf(directory, pid)));
    return windows.map((window) => profiledIn(window, profiles));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Options {
  readonly nodeFlags: readonly string[];
  readonly tell: (load: ProfiledLoad, service: Service) => void;
}

async function measured(
  loads: readonly ProfiledLoad[],
  seconds: number,
  { nodeFlags, tell }: Options,
): Promise<{ readonly pids: readonly number[]; readonly windows: readonly Window[] }> {
  await using cluster = await ProcessCluster.start(3, PATIENT, { nodeFlags });
  const leader = await cluster.leader();
  const isLeader = (id: string): boolean => id === leader;
  const members = cluster.members.map(({ id, url }, at) => ({ id, url, pid: cluster.pids()[at] }));
  members.sort((left, right) => Number(isLeader(right.id)) - Number(isLeader(left.id)));
  const caller = new CallerProcess(
    members.map(({ url }) => url),
    nodeFlags,
  );
  const pids = [...members.map(({ pid }) => pid ?? 0), caller.pid];
  const windows: Window[] = [];
  try {
    for (const load of loads) {
      const window = await windowOf(load, seconds, { caller, pids });
      tell(load, window.service);
      windows.push(window);
    }
    if (!isLeader(await cluster.leader())) throw new Error(`${leader} did not lead to the end`);
  } finally {
    await caller.end();
    await Promise.all(members.map(({ id }) => cluster.kill(id, 'SIGTERM')));
  }
  return { pids, windows };
}

async function windowOf(
  load: ProfiledLoad,
  seconds: number,
  { caller, pids }: { readonly caller: CallerProcess; readonly pids: readonly number[] },
): Promise<Window> {
  let from = momentOf(pids);
  const service = await caller.ask({ ...load, seconds }, () => {
    from = momentOf(pids);
  });
  return { load, service, from, to: momentOf(pids) };
}

function momentOf(pids: readonly number[]): Moment {
  return { atNs: Number(process.hrtime.bigint()), uses: pids.map(usesOf) };
}

async function profileOf(directory: string, pid: number): Promise<CpuProfile> {
  const names = await readdir(directory);
  const name = names.find((each) => each.split('.')[3] === String(pid));
  if (name === undefined) throw new Error(`process ${pid} left no profile`);
  return JSON.parse(await readFile(join(directory, name), 'utf8')) as CpuProfile;
}

function profiledIn(
  { from, load, service, to }: Window,
  profiles: readonly CpuProfile[],
): Profiled {
  const lastedNs = to.atNs - from.atNs;
  const frameOf = frameReader();
  const calls = service.answered - service.failures.length;
  const all = profiles.map((each, at): Measured => {
    const stacks = busyStacks(each, { fromNs: from.atNs, toNs: to.atNs }, frameOf);
    const uses = between(usesAt(from, at), usesAt(to, at));
    return { stacks, uses, calls, lastedNs };
  });
  const [leader, ...others] = all as [Measured, ...Measured[]];
  const client = others.at(-1) ?? leader;
  return {
    ...{ load, service, leader, client, followers: others.slice(0, -1) },
    perSecond: (calls * 1e9) / lastedNs,
  };
}

function usesAt({ uses }: Moment, at: number): Uses {
  const found = uses[at];
  if (found === undefined) throw new Error(`no process at ${at}`);
  return found;
}
