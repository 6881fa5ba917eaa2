/** What the replication chart of one peer hears. */
import type { ReplicationNews } from '../src/core/effect.ts';
import type { LogShape } from '../src/core/log-shape.ts';
import type { AppendRejected } from '../src/core/message.ts';
import type { Index } from '../src/core/types.ts';
import type { ReplicationLesson } from '../src/rules/progress.ts';

export type ReplicationEvent =
  | ReplicationNews
  | ReplicationLesson
  | { readonly type: 'link.opened' }
  | { readonly type: 'link.closed' }
  /** The link would not take it: its queue is full, or it has just closed. */
  | { readonly type: 'entries.dropped' }
  | {
      readonly type: 'append.rejected';
      readonly prevIndex: Index;
      readonly round: number;
      readonly rejection: AppendRejected;
      /** The leader's log, to find where both may still agree. */
      readonly log: LogShape;
    };
