/**
 * Ids of the events of `/inspect`: the number of the record, behind the life of the node that it was told in, since another
 * life numbers anew (SV33). By them a reader that comes back says what it has had.
 */
import { badRequest } from '../../errors.ts';
import { type Query, wholeParameter } from '../request/request-query.ts';

/** What a reader has had. */
export interface Heard {
  /** The id of its last event; `null`: it does not say. */
  readonly lastId: string | null;
  /** The number that it wants to begin with; `null`: it does not say. */
  readonly from: number | null;
}

const ID = /^(?:([0-9a-z]{1,16})-)?([0-9]{1,15})$/;

export function eventId(life: string, sequence: number): string {
  return `${life}-${sequence}`;
}

export function heardFrom(query: Query, headers: Headers): Heard {
  const from = wholeParameter(query, 'from', { min: 1, max: Number.MAX_SAFE_INTEGER });
  const lastId = headers.get('last-event-id') || null;
  if (lastId === null || ID.test(lastId)) return { lastId, from };
  throw badRequest('Last-Event-ID must be the id of an event, as it was told.');
}

/** Records begin with 1; 0 stands for what was before them. */
const NOTHING_OF_THIS_LIFE = -1;

/**
 * The number of the last record that it has had in this life; `null`: it begins with the next. The id wins: it is what a client
 * that reconnects knows best. Of whoever heard another life, or an id that names none, nothing is known but that it has missed
 * all there was in this one, which counts as a record more: its beginning, that nobody watched.
 */
export function lastHeardIn(life: string, { lastId, from }: Heard): number | null {
  if (lastId === null) return from === null ? null : from - 1;
  const [, itsLife, sequence] = ID.exec(lastId) ?? [];
  return itsLife === life ? Number(sequence) : NOTHING_OF_THIS_LIFE;
}
