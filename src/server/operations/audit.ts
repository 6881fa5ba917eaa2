/** The line of the log for an administrative act (AC6): who did what, from where, and what came of it. */
import { RaftError } from '../../core/errors.ts';
import type { Visitor } from '../access/visitor.ts';
import type { Act, ServerContext } from '../server-context.ts';

export function tellAct(
  onAct: ServerContext['onAct'],
  visitor: Visitor,
  act: Pick<Act, 'act' | 'about' | 'outcome'>,
): void {
  onAct?.({ ...act, who: visitor.name, from: visitor.credentials.from });
}

export function codeOf(error: unknown): string {
  return error instanceof RaftError ? error.code : 'fault';
}

/** Of an answer to a request. */
export async function outcomeOf(response: Response): Promise<string> {
  if (response.ok) return 'done';
  const body: unknown = await response.clone().json();
  const code: unknown = body instanceof Object && 'code' in body ? body.code : null;
  return typeof code === 'string' ? code : String(response.status);
}
