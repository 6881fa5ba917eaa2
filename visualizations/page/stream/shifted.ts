/** A record as if it had been told by another clock. */
import type { TimerView } from '../../../src/ports/inspection.ts';
import type { PageRecord } from './page-record.ts';

/** With its timers. When the life of its node began stays as it is: that only tells one life from another. */
export function shifted<Shifted extends PageRecord>(record: Shifted, byMs: number): Shifted {
  const at = record.at + byMs;
  if (record.type !== 'view') return { ...record, at };
  const timers = record.view.timers.map(by(byMs));
  return { ...record, at, view: { ...record.view, timers } };
}

function by(shiftMs: number): (timer: TimerView) => TimerView {
  return ({ startedAt, endsAt, ...timer }) => ({
    ...timer,
    startedAt: startedAt + shiftMs,
    endsAt: endsAt + shiftMs,
  });
}
