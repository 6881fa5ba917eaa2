/** The line of the log for an administrative act (AC6): who did what, from where, and what came of it. */
import { RaftError } from '../../core/errors.ts';
import type { Visitor } from '../access/visitor.ts';

/** What is told of an administrative act (AC6): no secret. */
export interface Act {
  /** As its command is called: 'member remove'. */
  readonly act: string;
  /** What it was about, as far as that was understood. */
  readonly about: string;
  readonly who: string;
  readonly from: string;
  /** 'done', or the code of the error. */
  readonly outcome: string;
}

export function tellAct(
  onAct: ((act: Act) => void) | undefined,
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
