/** Which version of a machine knows which of its commands (UP2): what a definition says of it, proven before anything runs. */
import { MACHINE_VERSION_MAX } from '../core/limits.ts';
import { FIRST_MACHINE_VERSION } from '../core/versions.ts';
import { callNamed } from './call-table.ts';
import type { MachineVersions } from './machine.ts';

type Calls = Readonly<Record<string, unknown>>;

/** Throws a `TypeError`, or `RAFT_BAD_REQUEST` for a command that there is not. */
export function versionsOf(
  { version = FIRST_MACHINE_VERSION, since = {} }: MachineVersions<Calls>,
  commands: Calls,
): Required<MachineVersions<Calls>> {
  requireVersion('version', version, MACHINE_VERSION_MAX);
  const table: Record<string, number> = Object.assign(Object.create(null), since);
  for (const [name, first] of Object.entries(table)) {
    callNamed('command', commands, name);
    requireVersion(`since of the command ${JSON.stringify(name)}`, first, version);
  }
  return { version, since: Object.freeze(table) };
}

function requireVersion(what: string, value: unknown, max: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= FIRST_MACHINE_VERSION && Number(value) <= max)
    return;
  throw new TypeError(
    `${what} must be a whole number from ${FIRST_MACHINE_VERSION} to ${max}, not ${String(value)}`,
  );
}
