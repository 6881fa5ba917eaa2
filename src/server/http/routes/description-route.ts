/** `GET /openapi.json`: what this very server serves, for programs that are made from it (SV36). */
import type { Account } from '../../admission/account.ts';
import { type DescribedRoute, documentOf } from '../description/document.ts';
import { jsonAnswer, whenRoom } from '../http-answer.ts';
import { readQuery } from '../request/request-query.ts';

interface DescriptionParts {
  readonly routes: readonly DescribedRoute[];
  readonly version: string;
}

export function getDescription(
  { routes, version }: DescriptionParts,
  request: Request,
  account: Account,
): Promise<Response> {
  readQuery(request.url, []);
  const text = JSON.stringify(documentOf(routes, version));
  return whenRoom(account, text.length, () => jsonAnswer(account, text, {}));
}
