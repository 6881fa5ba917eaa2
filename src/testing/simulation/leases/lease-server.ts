/** What the production server of a member does for leases, in one of its lives: it ends them, and gathers their renewals. */
import type { RaftNode } from '../../../node/raft-node.ts';
import { LeaseKeeper } from '../../../server/leases/lease-keeper.ts';
import { SharedRenewals } from '../../../server/leases/shared-renewals.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import { storeOf } from '../subjects/store-archive.ts';
import type { SimulatedMember } from '../world/member.ts';

interface LeaseServerOptions {
  readonly member: SimulatedMember;
  readonly process: SimulatedProcess;
  readonly node: RaftNode;
  /** A command of its own is about to be handed in: the end of leases. */
  readonly decided: (command: Uint8Array) => void;
}

export class LeaseServer {
  readonly member: SimulatedMember;
  readonly process: SimulatedProcess;
  readonly node: RaftNode;
  readonly renewals: SharedRenewals;
  readonly #keeper: LeaseKeeper;

  constructor({ member, process, node, decided }: LeaseServerOptions) {
    const timed = { kv: storeOf(member), clock: process.clock };
    this.member = member;
    this.process = process;
    this.node = node;
    this.renewals = new SharedRenewals({ ...timed, replica: node });
    const replica: Pick<RaftNode, 'status' | 'submit' | 'awaitReadable'> = {
      status: () => node.status(),
      awaitReadable: (options, completed) => node.awaitReadable(options, completed),
      submit: (command, options, completed) => {
        decided(command);
        node.submit(command, options, completed);
      },
    };
    this.#keeper = new LeaseKeeper({ ...timed, replica });
  }

  stop(): void {
    this.#keeper.stop();
  }
}
