/** One attack on a fresh cluster of three processes while an ordinary client works, and what was seen of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startCli, withDescriptors } from '../../cli/cli-process.ts';
import { eventually, ProcessCluster } from '../../processes/process-cluster.ts';
import { MemoryWatch } from '../memory.ts';
import { OrdinaryClient } from '../ordinary-client.ts';
import type { Target } from './attack.ts';
import type { NamedAttack } from './attacks.ts';
import { KEPT_MIB_MAX, type Siege } from './report.ts';

const ATTACKER = fileURLToPath(new URL('./attacker.ts', import.meta.url));
/** Puts of the ordinary client. */
const IN_FLIGHT = 4;
const WARM_UP_MS = 3_000;
/** A member's heap, in MB, as a small container would give it. */
const NODE_FLAGS = ['--max-old-space-size=512'];
/** How long memory may take to come back, in milliseconds. */
const RELIEF_MS = 20_000;
/** How long a member may take to say how it is, in milliseconds: the machine may be busy with other things. */
const ANSWER_MS = 10_000;

interface SiegeOptions {
  /** The build under attack, `dist/cli/main.js` of it. */
  readonly cli: string;
  /** How long the ordinary client is measured before, and an attack without an end goes on, in milliseconds. */
  readonly durationMs: number;
}

export async function besiege(
  { name, descriptorsMax, prepare, work }: NamedAttack,
  { cli, durationMs }: SiegeOptions,
): Promise<Siege> {
  await using cluster = await ProcessCluster.start(3, [], {
    program: cli,
    nodeFlags: NODE_FLAGS,
    wrapper: descriptorsMax === undefined ? [] : withDescriptors(descriptorsMax),
  });
  await cluster.converged();
  const target: Target = {
    durationMs,
    urls: cluster.endpoints,
    peers: cluster.members.map(({ peerAddress }) => peerAddress),
  };
  await using client = new OrdinaryClient(cluster.endpoints);
  if (prepare !== undefined) await attackFrom(name, target, 'prepare');
  await client.work(IN_FLIGHT, pause(WARM_UP_MS));
  const worked = async (): Promise<void> => {
    if (work === undefined) return;
    const { said, isServed } = await attackFrom(name, target, 'work');
    if (!isServed) throw new Error(`the honest work beside ${name} failed: ${said}`);
  };
  const undisturbed = await client.work(IN_FLIGHT, Promise.all([pause(durationMs), worked()]));
  const memory = new MemoryWatch(cluster.pids());
  const attack = attackFrom(name, target, 'attack');
  const attacked = await client.work(IN_FLIGHT, Promise.all([attack, worked()]));
  const { growthMib } = memory;
  await client.work(IN_FLIGHT, relief(memory));
  const { keptMib } = memory;
  memory.stop();
  const lost = await lostMembers(cluster);
  return { name, undisturbed, attacked, growthMib, keptMib, lost, ...(await attack) };
}

/** Resolves once what was grown has mostly come back, or patience is over. Idle heaps collect nothing: work goes on. */
async function relief(memory: MemoryWatch): Promise<void> {
  await eventually(RELIEF_MS, 'memory to come back', async () => {
    await pause(250);
    return memory.keptMib <= KEPT_MIB_MAX;
  }).catch(() => {});
}

/** Members whose process ended, that halted or that do not answer, each with its last words. */
async function lostMembers(cluster: ProcessCluster): Promise<readonly string[]> {
  const all = await Promise.all(
    cluster.members.map(async ({ id }) => {
      const fate = await fateOf(cluster, id);
      return fate === null
        ? []
        : [`${id} ${fate} (${cluster.log(id).trimEnd().split('\n').at(-1) ?? ''})`];
    }),
  );
  return all.flat();
}

async function fateOf(cluster: ProcessCluster, id: string): Promise<string | null> {
  if (!cluster.isRunning(id)) return 'has ended';
  return eventually(ANSWER_MS, 'its status', () => cluster.status(id)).then(
    ({ role }) => (role === 'halted' ? 'has halted' : null),
    () => 'does not answer',
  );
}

async function attackFrom(
  name: string,
  target: Target,
  phase: 'prepare' | 'work' | 'attack',
): Promise<{ readonly said: string; readonly isServed: boolean }> {
  const argv = [name, JSON.stringify(target), phase];
  const attacker = startCli(argv, { program: ATTACKER, nodeFlags: ['--import', 'tsx'] });
  const exitCode = await attacker.ended;
  process.stderr.write(attacker.errors());
  return { said: attacker.output().trim(), isServed: exitCode === 0 };
}
