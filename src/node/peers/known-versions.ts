/**
 * What the members know (UP1): this one, and the others as they said in their last hello. Kept in memory: after a restart
 * each says it anew, and until then counts as the lowest (UP2). What may be proposed is decided here, and nowhere else.
 */
import { ENTRY_KIND_SINCE, type Entry } from '../../core/entry-run.ts';
import { RaftError } from '../../core/errors.ts';
import { type Hello, PROTOCOL_VERSION } from '../../core/hello.ts';
import type { NodeId } from '../../core/types.ts';
import type { Versions } from '../../core/versions.ts';
import {
  isKnownToAll,
  type Lacking,
  lowestVersions,
  type VersionsAbout,
  whoLacks,
} from '../../rules/versions.ts';
import type { SessionMachine } from '../../sessions/session-machine.ts';
import type { Members } from './members.ts';

interface KnownVersionsOptions {
  readonly id: NodeId;
  readonly machine: Pick<SessionMachine, 'version' | 'versionFor' | 'versionInUse'>;
  readonly members: Pick<Members, 'all'>;
}

export class KnownVersions {
  readonly own: Versions;
  readonly #options: KnownVersionsOptions;
  /** Bound: those who were believed, so members once. */
  readonly #said = new Map<NodeId, Versions>();

  constructor(options: KnownVersionsOptions) {
    this.#options = options;
    this.own = { protocol: PROTOCOL_VERSION, machine: options.machine.version };
  }

  /** A peer that is believed has introduced itself. */
  heard({ identity, protocolVersion: protocol, machineVersion: machine }: Hello): void {
    this.#said.set(identity.nodeId, { protocol, machine });
  }

  /** `null`: it has not said so since this node started. */
  of(peer: NodeId): Versions | null {
    return this.#said.get(peer) ?? null;
  }

  /** What every member knows, as far as this one can tell. */
  get lowest(): Versions {
    return lowestVersions(this.#about);
  }

  /** Some member is not known to know all that this one does. */
  get isMixed(): boolean {
    const { machine, protocol } = this.lowest;
    return machine < this.own.machine || protocol < this.own.protocol;
  }

  /** The newest that a committed command has needed: whoever knows less cannot follow the log. */
  get machineInUse(): number {
    return this.#options.machine.versionInUse;
  }

  /** UP2: why an entry that somebody wants in the log would stop a member there; `null`: it would stop nobody. */
  refusalOf(entry: Entry): RaftError | null {
    const needed = {
      protocol: ENTRY_KIND_SINCE[entry.kind],
      machine: this.#options.machine.versionFor(entry),
    };
    if (isKnownToAll(needed)) return null;
    const lacking = whoLacks(needed, this.#about);
    return lacking === null ? null : upgradeNeeded(needed, lacking, this.#options.id);
  }

  get #about(): VersionsAbout {
    const { id, members } = this.#options;
    return { id, own: this.own, members: members.all, said: this.#said, inUse: this.machineInUse };
  }
}

/** UP2: a member would have to stop at it. */
function upgradeNeeded(needed: Versions, { id, knows }: Lacking, self: NodeId): RaftError {
  const known = knows === null ? 'has not said what it knows' : `knows only ${versionWords(knows)}`;
  const advice =
    id === self
      ? 'upgrade this member'
      : `upgrade ${id}, see that it runs and is connected, or remove it if it is gone for good`;
  return new RaftError(
    'RAFT_UPGRADE_NEEDED',
    `this takes ${versionWords(needed)}, and ${id} ${known}: nothing was done; ${advice}, and try again`,
  );
}

function versionWords({ protocol, machine }: Versions): string {
  return `version ${machine} of the state machine and peer protocol ${protocol}`;
}
