/** A machine that says of each command what it held and where it stood, with sessions around it, and entries for it. */
import { RaftError } from '../../src/core/errors.ts';
import type { SessionOperation } from '../../src/core/session.ts';
import { SALT_BYTES } from '../../src/core/session.ts';
import { index, term } from '../../src/core/types.ts';
import type {
  CommittedCommand,
  CommittedEntry,
  MachineSnapshot,
  StateMachine,
} from '../../src/ports/state-machine.ts';
import type { SessionBounds } from '../../src/sessions/limits.ts';
import { encodeSessionCommand, encodeSessionOperation } from '../../src/sessions/session-entry.ts';
import { SessionMachine } from '../../src/sessions/session-machine.ts';
import { SessionRefusal } from '../../src/sessions/session-refusal.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class EchoMachine implements StateMachine {
  /** The indexes of all commands that were carried out, in order. */
  readonly applied: number[] = [];
  /** After so many commands of each batch it stops, as if the time were up. */
  cutsAfter = Number.POSITIVE_INFINITY;

  apply(batch: readonly CommittedCommand[], isTimeUp: () => boolean): readonly unknown[] {
    isTimeUp();
    return batch.slice(0, Math.max(1, this.cutsAfter)).map(({ index: at, data }) => {
      this.applied.push(at);
      return decoder.decode(data);
    });
  }

  snapshot(): MachineSnapshot {
    return { chunks: () => [encoder.encode(INSIDE)], release: () => {} };
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks) all.push(chunk);
    if (decoder.decode(Buffer.concat(all)) !== INSIDE)
      throw new RaftError('RAFT_LOG_REFUSED', 'cut');
  }

  encodeResult(result: unknown): Uint8Array {
    return encoder.encode(String(result));
  }

  decodeResult(bytes: Uint8Array): string {
    return `again ${decoder.decode(bytes)}`;
  }
}

/** What the machine inside writes of itself. */
const INSIDE = 'the machine inside';

export interface SessionStage {
  readonly echo: EchoMachine;
  readonly machine: SessionMachine;
}

export function stageOf(bounds: Partial<SessionBounds> = {}): SessionStage {
  const echo = new EchoMachine();
  return { echo, machine: new SessionMachine(echo, bounds) };
}

/** An id that a client may have made. */
export function clientId(number: number): Uint8Array {
  const id = new Uint8Array(16);
  id[0] = number;
  id[15] = 0x80;
  return id;
}

export function saltOf(number: number): Uint8Array {
  return new Uint8Array(SALT_BYTES).fill(number);
}

interface CommandParts {
  readonly session: Uint8Array;
  readonly sequence: number;
  readonly acknowledgedThrough?: number;
  readonly opening?: { readonly ttlMs: number; readonly notAfterMs: number } | null;
}

/** The bytes of an entry, for a time. */
export interface Given {
  readonly data: Uint8Array;
  readonly isOfSession: boolean;
  readonly timeMs: number;
}

export function command(text: string, parts: CommandParts, timeMs = 0): Given {
  const { session, sequence, acknowledgedThrough = 0, opening = null } = parts;
  const call = { session, sequence, acknowledgedThrough, opening };
  return { data: encodeSessionCommand(call, encoder.encode(text)), isOfSession: true, timeMs };
}

export function operation(wanted: SessionOperation, timeMs = 0): Given {
  return { data: encodeSessionOperation(wanted), isOfSession: true, timeMs };
}

export function plain(text: string, timeMs = 0): Given {
  return { data: encoder.encode(text), isOfSession: false, timeMs };
}

export function entriesFrom(first: number, given: readonly Given[]): readonly CommittedEntry[] {
  return given.map((each, at) => ({
    ...each,
    index: index(first + at),
    term: term(1),
    wantsResult: true,
  }));
}

/** Applies all, handed over as `cutAt` says, and whatever is left over again; codes stand for refusals. */
export async function applyAll(
  { machine }: SessionStage,
  entries: readonly CommittedEntry[],
  sizes: readonly number[] = [],
): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  for (let round = 0; results.length < entries.length; round += 1) {
    const size = sizes[round % Math.max(1, sizes.length)] ?? entries.length;
    const batch = entries.slice(results.length, results.length + Math.max(1, size));
    results.push(...(await machine.apply(batch, () => false)));
  }
  return results.map((result) => (result instanceof SessionRefusal ? result.code : result));
}

/** A snapshot as bytes: the table, and what the machine inside says. */
export async function writtenSnapshot({ machine }: Pick<SessionStage, 'machine'>): Promise<Buffer> {
  const snapshot = machine.snapshot();
  if (snapshot === null) throw new Error('it takes snapshots');
  const written = await bytesOf(snapshot);
  snapshot.release();
  return written;
}

export async function bytesOf(snapshot: MachineSnapshot): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of snapshot.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function* inChunks(
  bytes: Uint8Array,
  chunkBytes: number = bytes.length,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}
