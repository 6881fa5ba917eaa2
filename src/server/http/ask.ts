/** What a route works with besides the request itself. */
import type { Visitor } from '../access/visitor.ts';
import type { Account } from '../admission/account.ts';

export interface Ask {
  /** Of what the answer holds. */
  readonly account: Account;
  readonly visitor: Visitor;
  /** What an administrative act is about, for its line in the log (AC6): no secret. */
  readonly tell: (about: string) => void;
}
