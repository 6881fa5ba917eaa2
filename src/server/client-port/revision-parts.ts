/**
 * One revision may change more keys than fit into a frame, or into memory twice: it is told in parts, each as
 * large as its reader has room for (SP7). Watchers put it together again, since a revision is one step.
 */

import { CLIENT_FRAME_BYTES_MAX } from '../../client-protocol/limits.ts';
import { RaftError } from '../../core/errors.ts';
import {
  bytesOfEvent,
  type WatchEvent,
  type WatchRevision,
} from '../../kv/watching/watch-event.ts';
import { REVISION_PART_BYTES_MAX } from '../limits.ts';

export interface RevisionPart {
  readonly revision: WatchRevision;
  /** About what it takes in a frame. */
  readonly bytes: number;
  readonly isLast: boolean;
}

/** What an event costs in a frame besides its key and value. */
const EVENT_BYTES = 48;
/** What a frame costs besides its events. */
const FRAME_BYTES = 1024;

/** Throws `RAFT_TOO_LARGE` for an event that fits into no frame. */
export function* partsOf(revision: WatchRevision): Generator<RevisionPart, void, undefined> {
  const number = revision.revision;
  let events: WatchEvent[] = [];
  let bytes = 0;
  for (const event of revision.events) {
    const eventBytes = frameBytesOf(event);
    if (bytes > 0 && bytes + eventBytes > REVISION_PART_BYTES_MAX) {
      yield { revision: { revision: number, events }, bytes, isLast: false };
      events = [];
      bytes = 0;
    }
    if (eventBytes > CLIENT_FRAME_BYTES_MAX - FRAME_BYTES) throw tooLarge(number, eventBytes);
    events.push(event);
    bytes += eventBytes;
  }
  yield { revision: { revision: number, events }, bytes, isLast: true };
}

/** About what an event takes in a frame, in bytes. */
export function frameBytesOf(event: WatchEvent): number {
  return EVENT_BYTES + bytesOfEvent(event);
}

function tooLarge(revision: number, bytes: number): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `A change of revision ${revision} has ${bytes} bytes, more than a frame may have. Watch from the next revision, and read that key over HTTP.`,
  );
}
