/** One attack on a fresh cluster of three processes while an ordinary client works, and what was seen of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually, ProcessCluster } from '../processes/process-cluster.ts';
import { pause, type Target } from './attack.ts';
import type { NamedAttack } from './attacks.ts';
import { MemoryWatch } from './memory.ts';
import { OrdinaryClient } from './ordinary-client.ts';
import { KEPT_MIB_MAX, type Siege } from './report.ts';

const ATTACKER = fileURLToPath(new URL('./attacker.ts', import.meta.url));
const WARM_UP_MS = 3_000;
/** A member's heap, in MB, as a small container would give it. */
const NODE_FLAGS = ['--max-old-space-size=512'];
/** How long memory may take to come back, in milliseconds. */
const RELIEF_MS = 20_000;

export interface SiegeOptions {
  /** The build under attack, `dist/src/cli/main.js` of it. */
  readonly cli: string;
  /** How long the ordinary client is measured before, and an attack without an end goes on, in milliseconds. */
  readonly durationMs: number;
}

export async function besiege(
  { name, descriptorsMax }: NamedAttack,
  { cli, durationMs }: SiegeOptions,
): Promise<Siege> {
  await using cluster = await ProcessCluster.start(3, [], {
    cli,
    nodeFlags: NODE_FLAGS,
    ...(descriptorsMax === undefined ? {} : { descriptorsMax }),
  });
  await using client = new OrdinaryClient(cluster.endpoints);
  await client.work(pause(WARM_UP_MS));
  const undisturbed = await client.work(pause(durationMs));
  const memory = new MemoryWatch(cluster.pids());
  const target: Target = {
    durationMs,
    urls: cluster.endpoints,
    peers: cluster.members.map(({ peerAddress }) => peerAddress),
  };
  const attack = attackFrom(name, target);
  const attacked = await client.work(attack);
  const { growthMib } = memory;
  await eventually(RELIEF_MS, 'memory to come back', async () =>
    memory.keptMib <= KEPT_MIB_MAX ? true : pause(250).then(() => null),
  ).catch(() => {});
  const { keptMib } = memory;
  memory.stop();
  const lost = await lostMembers(cluster);
  return { name, undisturbed, attacked, growthMib, keptMib, lost, ...(await attack) };
}

/** Members whose process ended, and members that say that they halted. */
async function lostMembers(cluster: ProcessCluster): Promise<readonly string[]> {
  const all = await Promise.all(
    cluster.members.map(async ({ id }) => {
      if (!cluster.isRunning(id)) return [id];
      const status = await cluster.status(id);
      return status === null || status.role === 'halted' ? [id] : [];
    }),
  );
  return all.flat();
}

async function attackFrom(
  name: string,
  target: Target,
): Promise<{ readonly said: string; readonly isServed: boolean }> {
  const flags = ['--import', 'tsx', ATTACKER, name, JSON.stringify(target)];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { said: said.trim(), isServed: exitCode === 0 };
}
