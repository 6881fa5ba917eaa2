/** What a route works with besides the request itself. */
import type { Visitor } from '../access/visitor.ts';
import type { Account } from '../admission/account.ts';
import type { Deed } from '../operations/audit.ts';

export interface Ask {
  /** Of what the answer holds. */
  readonly account: Account;
  readonly visitor: Visitor;
  /** What an administrative act is about, and perhaps what it is called more precisely, for its line in the log (AC6): no secret. */
  readonly tell: (deed: Partial<Deed>) => void;
}
