/** What watchers of a virtual cluster have heard, and what they may hear. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type {
  InspectionObserver,
  InspectionRecord,
  TransitionRecord,
} from '../../src/ports/inspection.ts';

type Inspected = { inspect(observer: InspectionObserver): () => void };
type Type = InspectionRecord['type'];

export class Heard {
  readonly records: InspectionRecord[] = [];
  readonly stop: () => void;

  constructor(node: Inspected) {
    this.stop = node.inspect((record) => this.records.push(record));
  }

  of<Some extends Type>(type: Some): readonly Extract<InspectionRecord, { type: Some }>[] {
    return this.records.filter(
      (record): record is Extract<InspectionRecord, { type: Some }> => record.type === type,
    );
  }

  /** Of one actor, without those that stay where they are. */
  moves(actor: string): readonly TransitionRecord[] {
    return this.of('transition').filter(({ actor: who, from, to }) => who === actor && from !== to);
  }
}

const pictures = new Map<string, ReadonlySet<string>>();

/** The ids of all groups in the picture of a chart. */
export function idsInPicture(chart: string): ReadonlySet<string> {
  const known = pictures.get(chart);
  if (known !== undefined) return known;
  const file = fileURLToPath(new URL(`../../visualizations/${chart}.svg`, import.meta.url));
  const ids = new Set(
    [...readFileSync(file, 'utf8').matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id),
  );
  pictures.set(chart, ids);
  return ids;
}

/** `raft` of `raft/follower--x--0` and of `raft--x--0`: what ids in that picture begin with. */
export function rootOf(arrow: string): string {
  return arrow.split(/\/|--/, 1)[0] ?? '';
}
