/** A follower that stands still, its connections open, under large writes: what the leader holds for it has a bound. */
import { connect } from '../../../src/client/index.ts';
import { ProcessCluster } from '../../processes/process-cluster.ts';
import { MemoryWatch } from '../memory.ts';
import { atMost, type Finding, told } from './finding.ts';
import { progressOf } from './screen-line.ts';
import type { Sizes } from './sizes.ts';

const MIB_MAX = 700;
const HEAP = ['--max-old-space-size=512'];
/** The store itself holds every version that it keeps: few of them. */
const FLAGS = ['--history-revisions', '20'];
const VALUE_BYTES = 1_000_000;
const WRITERS = 4;
const CATCH_UP_MS = 60_000;

export async function measureStoppedFollower({ seconds }: Sizes): Promise<readonly Finding[]> {
  await using cluster = await ProcessCluster.start(3, FLAGS, { nodeFlags: HEAP });
  const leader = await cluster.leader();
  const stopped = cluster.members.find(({ id }) => id !== leader)?.id ?? '';
  cluster.signal(stopped, 'SIGSTOP');
  const memory = new MemoryWatch(cluster.pids());
  const written = await writeFor(cluster.endpoints, seconds);
  const { mostAnonymousMib, mostMib } = memory;
  cluster.signal(stopped, 'SIGCONT');
  const begun = performance.now();
  await cluster.converged(CATCH_UP_MS);
  memory.stop();
  return [
    told(`stopped for ${seconds} s, written`, written, 'MiB'),
    atMost(MIB_MAX, ['the most that a member held, but for mapped files', mostAnonymousMib, 'MiB']),
    told('with tables of LevelDB that were mapped', mostMib, 'MiB'),
    told('in sync after it went on', performance.now() - begun, 'ms'),
    told('the most until then, but for mapped files', memory.mostAnonymousMib, 'MiB'),
  ];
}

/** In MiB. */
async function writeFor(endpoints: readonly string[], seconds: number): Promise<number> {
  await using client = connect({ endpoints: [...endpoints], timeoutMs: 20_000 });
  const value = new Uint8Array(VALUE_BYTES).fill(0x61);
  const progress = progressOf('seconds', seconds);
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1_000;
  let count = 0;
  const write = async (_: unknown, at: number): Promise<void> => {
    for (; elapsed() < seconds; count += 1) {
      await client.put(`large/${at}`, value);
      progress(Math.floor(elapsed()));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return (count * VALUE_BYTES) / 2 ** 20;
}
