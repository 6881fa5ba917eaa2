/** What a page is told of a process from outside: what a node that is gone cannot say of itself. */
export interface PresenceRecord {
  readonly type: 'presence';
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly node: string;
  readonly presence: Presence;
  /** As a predicate: `was killed`. */
  readonly how: string;
  /** Whoever has the link did it. */
  readonly isByHand: boolean;
}

/**
 * `stopped`: it stands still and hears nothing, and may go on (SIGSTOP). `silent`: it should have been heard of by now; whether
 * it runs, whoever looks cannot know.
 */
export type Presence = 'running' | 'silent' | 'stopped' | 'dead';
