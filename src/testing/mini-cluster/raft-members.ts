/** Members that a test can have in one line: the production node on a disk, a network and a clock that the test holds. */
import { nodeId } from '../../core/types.ts';
import type { Member } from './member.ts';
import { type ClusterOptions, MiniCluster } from './mini-cluster.ts';

/** What cannot be known of a member whose peers are made up: what stands on their disks (S07, S19), and who leads (S09). */
const UNKNOWN = ['S07', 'S09', 'S19'];

/**
 * One member, `n1`, whose `peers` you make up: they shake hands and hear everything, and say what you bring with
 * `cluster.bring({ from, to, message, runs })`. Whatever it breaks of its own promises throws where it is found.
 */
export async function raftMember(
  peers: readonly string[] = ['n2', 'n3'],
  options: Partial<ClusterOptions> = {},
): Promise<{ readonly cluster: MiniCluster; readonly member: Member }> {
  const made = { logs: { n1: [] }, madeUp: peers.map(nodeId), unchecked: UNKNOWN };
  const cluster = await MiniCluster.start({ draw: evenDraws(), ...made, ...options });
  return { cluster, member: cluster.member(nodeId('n1')) };
}

/** So many members, `n1` to at most `n9`, of one cluster, with empty logs and timeouts that repeat. */
export async function raftMembers(
  count: number,
  options: Partial<ClusterOptions> = {},
): Promise<MiniCluster> {
  const logs = Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at + 1}`, []]));
  return MiniCluster.start({ draw: evenDraws(), logs, ...options });
}

/** Numbers in `[0, 1)` that are never near each other twice in a row, the same in every run. */
function evenDraws(): () => number {
  let drawn = 0;
  return () => {
    drawn = (drawn + 0.37) % 1;
    return drawn;
  };
}
