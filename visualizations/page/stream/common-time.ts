/**
 * One time for streams that each tell their own: the machines that they come from may disagree by hours. The first one
 * that is heard sets the time. Clocks that are nearly the same are left alone: what one learns of them by listening is less
 * exact than they are.
 */
import type { PageRecord } from './page-record.ts';
import { type QuickestLead, quickestLead } from './quickest-lead.ts';
import { shifted } from './shifted.ts';

/** Clocks that are further apart than this, in milliseconds, are not kept by anybody. */
const TOLERANCE_MS = 1_000;

export class CommonTime {
  readonly #time: () => number;
  readonly #leads = new Map<string, QuickestLead>();
  #first: QuickestLead | null = null;

  constructor(time: () => number) {
    this.#time = time;
  }

  /** The same record, by the clock of the first stream. */
  timed(stream: string, record: PageRecord): PageRecord {
    const lead = this.#leads.get(stream) ?? quickestLead(this.#time);
    this.#leads.set(stream, lead);
    lead.heard(record.at);
    this.#first ??= lead;
    const behind = lead.ms() - this.#first.ms();
    return Math.abs(behind) > TOLERANCE_MS ? shifted(record, behind) : record;
  }
}
