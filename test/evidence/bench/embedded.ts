/** A counter in three processes of one's own, without a server between: a thousand commands at a time, asked where they are carried out. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../free-ports.ts';
import { eventually } from '../../processes/process-cluster.ts';
import { quantile } from '../../processes/quantile.ts';

export interface Counted {
  readonly name: string;
  readonly perSecond: number;
  readonly goal: number | null;
}

const IDS = ['n1', 'n2', 'n3'];
const PLACES = [
  { name: 'counter ×1,000 in the leader', isLeader: true, goal: 300_000 },
  { name: 'counter ×1,000 in a follower', isLeader: false, goal: null },
] as const;
export const COUNTER_NAMES: readonly string[] = PLACES.map(({ name }) => name);

export async function measureCounters({
  rounds,
  seconds,
}: {
  readonly rounds: number;
  readonly seconds: number;
}): Promise<readonly Counted[]> {
  const directory = await mkdtemp(join(tmpdir(), 'raftchart-embedded-'));
  const members = await startMembers(directory);
  try {
    const [leader, follower] = await leaderFirst(members);
    const counted: Counted[] = [];
    for (const { goal, isLeader, name } of PLACES) {
      const figures: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const member = (isLeader ? leader : follower) as ChildProcess;
        figures.push(Number(await asked(member, { count: seconds })));
      }
      counted.push({ name, perSecond: quantile(figures, 0.5), goal });
    }
    return counted;
  } finally {
    await Promise.all(members.map(closed));
    await rm(directory, { recursive: true, force: true });
  }
}

async function startMembers(directory: string): Promise<readonly ChildProcess[]> {
  const ports = await freePorts(IDS.length);
  const peers = Object.fromEntries(IDS.map((id, at) => [id, `127.0.0.1:${ports[at]}`]));
  const script = fileURLToPath(new URL('embedded-member.ts', import.meta.url));
  const members = IDS.map((id) =>
    fork(script, [id, JSON.stringify(peers), join(directory, id)], {
      execArgv: ['--import', 'tsx'],
    }),
  );
  await Promise.all(members.map((member) => once(member, 'message')));
  return members;
}

function leaderFirst(members: readonly ChildProcess[]): Promise<readonly ChildProcess[]> {
  return eventually(10_000, 'a leader', async () => {
    const roles = await Promise.all(members.map((member) => asked(member, 'role')));
    const leader = members[roles.indexOf('leader')];
    if (leader === undefined) return null;
    return [leader, ...members.filter((member) => member !== leader)];
  });
}

async function asked(member: ChildProcess, word: 'role' | { count: number }): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const answer = once(member, 'message', { signal });
    const ended = once(member, 'exit', { signal }).then(([code]) => {
      throw new Error(`a member of the counter ended with ${code}`);
    });
    member.send(word);
    const [said] = await Promise.race([answer, ended]);
    return said;
  } finally {
    over.abort();
  }
}

async function closed(member: ChildProcess): Promise<void> {
  if (member.exitCode !== null) return;
  const ended = once(member, 'exit');
  member.send('close');
  await ended;
}
