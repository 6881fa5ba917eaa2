/** The line of the log for an administrative act (AC6): who did what, from where, and what came of it. */
import { RaftError } from '../../core/errors.ts';
import type { Visitor } from '../access/visitor.ts';

/** What acts are called, by whichever protocol they are asked for: as the commands of the command line are. */
export const ACTS = [
  'access off',
  'access on',
  'access status',
  'backup',
  'compact',
  'member add',
  'member change',
  'member promote',
  'member remove',
  'member replace',
  'role grant',
  'role revoke',
  'snapshot',
  'token create',
  'token revoke',
  'transfer',
  'user create',
  'user revoke',
] as const;
export type ActName = (typeof ACTS)[number];

/** What is told of an administrative act (AC6): no secret. */
export interface Act {
  readonly act: ActName;
  /** What it was about, by the names that the HTTP API has for it; `null`: about nothing, or that was not understood. */
  readonly about: Readonly<Record<string, unknown>> | null;
  readonly who: string;
  readonly from: string;
  /** 'done', or the code of the error. */
  readonly outcome: string;
}

/** What somebody wants done. */
export type Deed = Pick<Act, 'act' | 'about'>;

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
