/** One route of the table: what answers each of its methods, and how that is described. */
import type { Ask } from './ask.ts';
import type { DescribedRoute } from './description/document.ts';
import type { Operation } from './description/operation.ts';

type Answer = (request: Request, ask: Ask) => Response | Promise<Response>;

interface Method {
  readonly about: Operation;
  readonly answer: Answer;
}

export interface Route extends DescribedRoute {
  readonly methods: Readonly<Record<string, Method>>;
}
