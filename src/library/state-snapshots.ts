/**
 * Snapshots of a defined machine (SM1–SM4): by the functions of its definition, or else, for a small state, all of it at
 * once. The first chunk says which of the two, so that a machine that was given functions later still reads what it
 * wrote without them.
 */
import { RaftError } from '../core/errors.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../core/limits.ts';
import { textOf } from '../core/thrown-text.ts';
import type { MachineSnapshot } from '../ports/state-machine.ts';
import { SNAPSHOT_GATHERED_BYTES_MAX } from './limits.ts';
import type { SnapshotFunctions } from './machine.ts';
import { decodeState, encodeState } from './state-codec.ts';

const FORMAT_VERSION = 1;
/** What follows the first chunk, in the order of its second byte. */
const CONTENTS = ['state', 'own'] as const;

export class StateSnapshots<State> {
  readonly #own: SnapshotFunctions<State> | null;

  /** `null`: the machine says nothing of snapshots. */
  constructor(own: SnapshotFunctions<State> | null) {
    this.#own = own;
  }

  /** Throws `RAFT_TOO_LARGE` or `RAFT_BAD_REQUEST`, or whatever the machine's own function throws. */
  take(state: State): MachineSnapshot {
    if (this.#own === null) {
      const bytes = encodeState(state);
      return { chunks: () => framed('state', [bytes]), release: () => {} };
    }
    const chunks = this.#own.snapshot(state);
    if (Symbol.asyncIterator in chunks) {
      return { chunks: () => framedLater('own', chunks), release: () => {} };
    }
    return { chunks: () => framed('own', chunks), release: () => {} };
  }

  /** Throws `RAFT_STATE_MACHINE_FAILED` and says what to do. */
  async restore(chunks: AsyncIterable<Uint8Array>): Promise<State> {
    const iterator = chunks[Symbol.asyncIterator]();
    const first = await iterator.next();
    const content = first.done === true ? null : contentOf(first.value);
    const rest = { [Symbol.asyncIterator]: () => iterator };
    if (content === 'state') return decoded<State>(await gathered(rest));
    if (content === null) throw notRestored('it is of a version that this program does not know');
    if (this.#own === null) {
      throw notRestored(
        'it was written by functions that this machine does not have: give it them',
      );
    }
    return this.#own.restore(rest);
  }
}

function contentOf(chunk: Uint8Array): (typeof CONTENTS)[number] | null {
  const [version, content = CONTENTS.length] = chunk;
  if (chunk.length !== 2 || version !== FORMAT_VERSION) return null;
  return CONTENTS[content] ?? null;
}

function headOf(content: (typeof CONTENTS)[number]): Uint8Array {
  return Uint8Array.of(FORMAT_VERSION, CONTENTS.indexOf(content));
}

function* framed(
  content: (typeof CONTENTS)[number],
  pieces: Iterable<Uint8Array>,
): Generator<Uint8Array> {
  yield headOf(content);
  for (const piece of pieces) yield* chunksOf(piece);
}

async function* framedLater(
  content: (typeof CONTENTS)[number],
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield headOf(content);
  for await (const piece of pieces) yield* chunksOf(piece);
}

/** Copies, since whoever made the piece may write to it again. */
function* chunksOf(piece: unknown): Generator<Uint8Array> {
  if (!(piece instanceof Uint8Array)) {
    throw new TypeError(
      `a snapshot function gives pieces of bytes (Uint8Array), not a ${typeof piece}`,
    );
  }
  for (let from = 0; from < piece.length; from += SNAPSHOT_CHUNK_BYTES_MAX) {
    yield new Uint8Array(piece.subarray(from, from + SNAPSHOT_CHUNK_BYTES_MAX));
  }
}

/** Bound: a state that was taken at once is small. */
async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > SNAPSHOT_GATHERED_BYTES_MAX) throw notRestored('it is larger than any can be');
    pieces.push(chunk);
  }
  return Buffer.concat(pieces);
}

function decoded<State>(bytes: Uint8Array): State {
  try {
    return decodeState(bytes) as State;
  } catch (error) {
    throw notRestored(textOf(error), error);
  }
}

function notRestored(why: string, cause?: unknown): RaftError {
  return new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `the snapshot of the machine is not restored, and nothing was changed: ${why}`,
    { cause },
  );
}
