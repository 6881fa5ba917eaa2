/** Three whole members under virtual time: how most of their stories begin, and how some go on. */
import {
  VirtualCluster,
  type VirtualClusterOptions,
  type VirtualMember,
} from '../../src/testing/virtual-cluster.ts';

export interface VirtualScene {
  readonly cluster: VirtualCluster;
  /** The first one. */
  readonly leader: VirtualMember;
  readonly others: readonly [VirtualMember, VirtualMember];
}

export async function ledVirtually(options?: VirtualClusterOptions): Promise<VirtualScene> {
  const cluster = await VirtualCluster.start(3, options);
  const leader = await cluster.leader();
  const [one, other] = [...cluster.members.values()].filter((member) => member !== leader);
  if (one === undefined || other === undefined) throw new Error('three members');
  return { cluster, leader, others: [one, other] };
}

/** Lets time pass until one of the others leads, whatever the first leader believes. */
export async function anotherLeader({ cluster, others }: VirtualScene): Promise<void> {
  await cluster.until('another leader', () =>
    others.some(({ node }) => node.status().role === 'leader'),
  );
}

/** What the disk of a member held takes effect, and so does what is written from now on. */
export function letWrite({ clock }: VirtualCluster, { disk }: VirtualMember): void {
  disk.holds = false;
  for (const write of disk.held.splice(0)) clock.defer(write);
}
