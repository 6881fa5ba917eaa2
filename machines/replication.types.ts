/** What the replication chart of one peer hears. */
import type { ReplicationNews } from '../src/core/effect.ts';
import type { LogShape } from '../src/core/log-shape.ts';
import type { AppendRejected } from '../src/core/message.ts';
import type { Index } from '../src/core/types.ts';

export type ReplicationEvent =
  | ReplicationNews
  /** More of the log is committed; told after the callers were. */
  | { readonly type: 'commit.advanced'; readonly commitIndex: Index }
  | { readonly type: 'link.opened' }
  | { readonly type: 'link.closed' }
  /** The driver has sent what `replicate` asked for. */
  | { readonly type: 'entries.sent'; readonly throughIndex: Index; readonly bytes: number }
  /** The link would not take it: its queue is full, or it has just closed. */
  | { readonly type: 'entries.dropped' }
  /** Callers of the peer wait until it knows that this index is committed. */
  | { readonly type: 'peer.waits'; readonly index: Index }
  | { readonly type: 'append.accepted'; readonly matchIndex: Index; readonly round: number }
  | {
      readonly type: 'append.rejected';
      readonly prevIndex: Index;
      readonly round: number;
      readonly rejection: AppendRejected;
      /** The leader's log, to find where both may still agree. */
      readonly log: LogShape;
    };
