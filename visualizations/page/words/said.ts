/** One sentence of the story. */
export interface Sentence {
  readonly text: string;
  /** `null`: of no node in particular. */
  readonly node: string | null;
  readonly kind: SentenceKind;
}

/** What stands out, and how. */
type SentenceKind =
  | 'fault'
  | 'return'
  | 'election'
  | 'leader'
  | 'follower'
  | 'log'
  | 'members'
  | 'note';

export function said(node: string | null, kind: SentenceKind, text: string): Sentence {
  return { node, kind, text };
}
