/**
 * Listens to the production nodes of a run and tells what they tell, each record at the time of the run: the clocks of
 * its nodes may be skewed, drift, or stand still.
 */
import type { NodeId } from '../../../src/core/types.ts';
import type { RaftNode } from '../../../src/node/raft-node.ts';
import type { InspectionRecord } from '../../../src/ports/inspection.ts';
import type { PageRecord, Presence } from '../../page/stream/page-record.ts';
import { shifted } from '../../page/stream/shifted.ts';

/** A member, as the run has it at this moment. */
export interface OnStage {
  readonly id: NodeId;
  readonly node: RaftNode | null;
  readonly presence: Presence;
  /** As a predicate: `was killed`. */
  readonly how: string;
}

interface Heard {
  node: RaftNode | null;
  presence: Presence | null;
  /** When the present life was seen first. */
  startedAt: number;
}

export class StageHand {
  readonly #nowMs: () => number;
  readonly #tell: (record: PageRecord) => void;
  readonly #heard = new Map<NodeId, Heard>();

  constructor(nowMs: () => number, tell: (record: PageRecord) => void) {
    this.#nowMs = nowMs;
    this.#tell = tell;
  }

  /** Looks who has come and who has gone. */
  look(members: Iterable<OnStage>): void {
    for (const member of members) this.#lookAt(member);
  }

  #lookAt({ id, node, presence, how }: OnStage): void {
    const heard = this.#heard.get(id) ?? { node: null, presence: null, startedAt: 0 };
    this.#heard.set(id, heard);
    if (heard.presence !== presence) {
      heard.presence = presence;
      this.#tell({ type: 'presence', at: this.#nowMs(), node: id, presence, how, isByHand: false });
    }
    if (heard.node === node) return;
    heard.node = node;
    heard.startedAt = this.#nowMs();
    node?.inspect((record) => {
      if (heard.node === node) this.#tell(this.#timed(record, heard));
    });
  }

  #timed(record: InspectionRecord, { startedAt }: Heard): InspectionRecord {
    const at = this.#nowMs();
    // Exactly then: sums of fractions are not.
    const timed = { ...shifted(record, at - record.at), at };
    return timed.type === 'view' ? { ...timed, view: { ...timed.view, startedAt } } : timed;
  }
}
