/** What a client's command has to pass before it is proposed (SV10, AC2), and what is said of those that administer (AC6). */
import type { SubmitRequest } from '../../client-protocol/frame-shapes.ts';
import { decodeCommand } from '../../kv/commands/command-codec.ts';
import type { KvCommand } from '../../kv/commands/commands.ts';
import type { ProposalOutcome } from '../../ports/replica.ts';
import { checkCommand, checkOpening } from '../admission/command-door.ts';
import { checkCommandBytes } from '../admission/size-checks.ts';
import { codeOf, type Deed, tellAct } from '../operations/audit.ts';
import { deedOfAccess } from '../operations/deeds.ts';
import type { VisitedParts } from '../server-context.ts';

type DoorParts = Pick<VisitedParts, 'guard' | 'limits' | 'onAct' | 'visitor'>;

/** Throws what the client is told; then nothing was proposed. */
export function checkedCommand(
  { command, session }: SubmitRequest,
  parts: DoorParts,
  timeMs: () => number,
): KvCommand {
  const { limits } = parts;
  if (session !== null) checkOpening(session, timeMs);
  checkCommandBytes(command.length, limits);
  const decoded = decodeCommand(command);
  permit(decoded, parts);
  return decoded;
}

function permit(command: KvCommand, parts: DoorParts): void {
  try {
    checkCommand(command, parts.limits);
    parts.guard.mayDo(parts.visitor, command);
  } catch (error) {
    tell(command, codeOf(error), parts);
    throw error;
  }
}

export function auditCommand(command: KvCommand, outcome: ProposalOutcome, parts: DoorParts): void {
  if (command.type !== 'compact') return;
  tell(command, outcome.type === 'failed' ? outcome.error.code : wordOf(outcome.result), parts);
}

function wordOf(result: unknown): string {
  const code: unknown = result instanceof Object && 'code' in result ? result.code : null;
  return typeof code === 'string' ? code : 'done';
}

function tell(command: KvCommand, outcome: string, { onAct, visitor }: DoorParts): void {
  const deed = deedOf(command);
  if (deed !== null) tellAct(onAct, visitor, { ...deed, outcome });
}

/** `null`: it is no administrative act. */
function deedOf(command: KvCommand): Deed | null {
  if (command.type === 'access') return deedOfAccess(command.change);
  return command.type === 'compact'
    ? { act: 'compact', about: { revision: command.revision } }
    : null;
}
