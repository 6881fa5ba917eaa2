/** What the page of the playground and its worker tell each other. A worker has one run, and ends with it. */

import type { Beat, Until } from '../engine/theatre.ts';
import type { Deed, RunDescription } from '../run/run.ts';

export type Order =
  /** First of all, and once. */
  | { readonly type: 'open'; readonly run: RunDescription; readonly text: string }
  | { readonly type: 'advance'; readonly until: Until }
  | { readonly type: 'perform'; readonly deed: Deed };

/** One for each `advance`, in order; or what ended the run. */
export type Report =
  | { readonly type: 'beat'; readonly beat: Beat }
  | { readonly type: 'failed'; readonly why: string };
