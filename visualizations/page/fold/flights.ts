/**
 * Messages under way. Each is told of twice, by who sent it and by who received it, and the two streams may swap them.
 * A message that is said again has the id of the first: what is received is the one sent last.
 */
import type { MessageRecord } from '../../../src/ports/inspection.ts';
import { FLIGHTS_MAX } from './limits.ts';
import type { Flight, Scene } from './scene.ts';

type Flights = readonly Flight[];

/** A message that nobody received is shown so many times as long as another one, at least. */
const LOST_AFTER = 4;

export function flightsAfter({ flightMs, flights, at }: Scene, record: MessageRecord): Flights {
  const now = Math.max(at, record.at);
  const kept = flights.filter((flight) => !isOver(flight, now, flightMs));
  const isSending = record.type === 'sent';
  const place = kept.findLastIndex(
    (flight) => flight.id === record.id && isOther(flight, isSending),
  );
  const met = kept[place];
  if (met === undefined) return [...kept, takeOff(record)].slice(-FLIGHTS_MAX);
  const whole = isSending
    ? { ...met, message: record, sentAt: record.at }
    : { ...met, receivedAt: record.at };
  return kept.with(place, whole);
}

/** Whoever is gone receives nothing, and what it sent has been sent. */
export function flightsWithout(flights: Flights, node: string): Flights {
  return flights.filter(({ from, to }) => from !== node && to !== node);
}

/** From 0 at its sender to 1 at its receiver; `null` before and after. */
export function progressOf(
  { sentAt, receivedAt }: Flight,
  { now, flightMs }: { readonly now: number; readonly flightMs: number },
): number | null {
  const took = Math.max(flightMs, (receivedAt ?? sentAt) - sentAt);
  const progress = (now - sentAt) / took;
  return progress >= 0 && progress <= 1 ? progress : null;
}

/** The end that has not told yet. */
function isOther({ message, receivedAt }: Flight, isSending: boolean): boolean {
  return isSending ? message.type === 'received' : receivedAt === null;
}

function takeOff(record: MessageRecord): Flight {
  const { id, node, peer, at } = record;
  return record.type === 'sent'
    ? { id, from: node, to: peer, message: record, sentAt: at, receivedAt: null }
    : { id, from: peer, to: node, message: record, sentAt: at, receivedAt: at };
}

function isOver({ sentAt, receivedAt }: Flight, now: number, flightMs: number): boolean {
  const landed = Math.max(receivedAt ?? 0, sentAt + flightMs);
  return now > (receivedAt === null ? sentAt + LOST_AFTER * flightMs : landed + flightMs);
}
