/**
 * One revision as one server-sent event, made piece by piece (SV15, SP7): a transaction may change more than
 * should be in memory as text. An event may have many lines of data, which its reader joins by line breaks; in
 * JSON they mean nothing, so that a large event reads as a small one does.
 */

import {
  bytesOfEvent,
  type WatchEvent,
  type WatchRevision,
} from '../../../kv/watching/watch-event.ts';
import { EVENT_PIECE_BYTES_MAX } from '../../limits.ts';
import { bytesField, type JsonEncoding, keyValueJson } from '../request/json-bytes.ts';

const encoder = new TextEncoder();

export interface EventPiece {
  /** About what it takes. */
  readonly bytes: number;
  readonly encoded: () => Uint8Array;
}

/**
 * The piece that was made last. Streams that watch the same are given the same revision, one right after the
 * other: what they are told is made once, and they share its bytes. Bound: one piece.
 */
export class LastPiece {
  #of: {
    readonly revision: WatchRevision;
    readonly from: number;
    readonly encoding: JsonEncoding;
  } | null = null;
  #bytes = new Uint8Array();

  /** Of the changes of `revision` from the `from`th on. */
  encoded(
    revision: WatchRevision,
    from: number,
    { encoding, make }: { readonly encoding: JsonEncoding; readonly make: () => string },
  ): Uint8Array {
    const last = this.#of;
    if (last?.revision !== revision || last.from !== from || last.encoding !== encoding) {
      this.#bytes = encoder.encode(make());
      this.#of = { revision, from, encoding };
    }
    return this.#bytes;
  }
}

/** What a change costs besides its key and value. */
const CHANGE_BYTES = 128;

export function* eventPieces(
  watched: WatchRevision,
  encoding: JsonEncoding,
  lastPiece: LastPiece,
): Generator<EventPiece, void, undefined> {
  const { revision, events } = watched;
  const begin = `id: ${revision}\ndata: {"revision":${revision},"events":[`;
  const end = ']}\n\n';
  let from = 0;
  let bytes = 0;
  for (const [at, event] of events.entries()) {
    bytes += CHANGE_BYTES + bytesOfEvent(event);
    const isLast = at + 1 === events.length;
    if (bytes < EVENT_PIECE_BYTES_MAX && !isLast) continue;
    const first = from;
    const head = first === 0 ? begin : ',\ndata: ';
    const tail = isLast ? end : '';
    const make = (): string =>
      `${head}${changesText(events.slice(first, at + 1), encoding)}${tail}`;
    yield { bytes, encoded: () => lastPiece.encoded(watched, first, { encoding, make }) };
    from = at + 1;
    bytes = 0;
  }
}

function changesText(events: readonly WatchEvent[], encoding: JsonEncoding): string {
  return events.map((event) => JSON.stringify(changeOf(event, encoding))).join(',');
}

function changeOf(event: WatchEvent, encoding: JsonEncoding): Readonly<Record<string, unknown>> {
  if (event.type === 'put') {
    return { type: 'put', ...keyValueJson(event, { encoding, keysOnly: false }) };
  }
  const { modRevision } = event;
  return { type: 'delete', ...bytesField('key', event.key, encoding), modRevision };
}
