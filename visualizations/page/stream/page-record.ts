/**
 * What the page is told, and all that it knows: the records of the nodes, and whether each node can be heard at all. In
 * the order of arrival, which is the order of the story.
 */

import type { InspectionRecord } from '../../../src/ports/inspection.ts';
import type { PresenceRecord } from '../../../src/server/page/presence.ts';

export type { Presence, PresenceRecord } from '../../../src/server/page/presence.ts';

export type PageRecord = InspectionRecord | PresenceRecord | NoteRecord;

/** What was done to the cluster, what a client heard, a line of a play: only where somebody stages it. */
export interface NoteRecord {
  readonly type: 'note';
  readonly at: number;
  /** `null`: of no node in particular. */
  readonly node: string | null;
  readonly text: string;
  /** What the story says instead; `null`: nothing. */
  readonly words?: string | null;
}
