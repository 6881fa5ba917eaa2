/** What the election experiment and its workers say to each other. */
import type { TimeoutRange, VariantName } from './settings.ts';

export interface Setting {
  readonly variant: VariantName;
  readonly range: TimeoutRange;
  readonly trials: number;
}

export interface Answer {
  readonly setting: Setting;
  /** As of `Series`. */
  readonly times: readonly number[];
  readonly unelected: number;
}
