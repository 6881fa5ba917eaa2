/**
 * One revision as one server-sent event, made piece by piece (SV15, SP7): a transaction may change more than
 * should be in memory as text. An event may have many lines of data, which its reader joins by line breaks; in
 * JSON they mean nothing, so that a large event reads as a small one does.
 */
import type { WatchEvent, WatchRevision } from '../kv/watch-event.ts';
import { bytesField, type JsonEncoding, keyValueJson } from './json-bytes.ts';

export interface EventPiece {
  /** About what its text takes. */
  readonly bytes: number;
  readonly text: () => string;
}

/** Bound: keys and values of one piece, but for a single change that alone is larger. */
const PIECE_BYTES_MAX = 256 * 1024;
/** What a change costs besides its key and value. */
const CHANGE_BYTES = 128;

export function* eventPieces(
  { revision, events }: WatchRevision,
  encoding: JsonEncoding,
): Generator<EventPiece, void, undefined> {
  const begin = `id: ${revision}\ndata: {"revision":${revision},"events":[`;
  const end = ']}\n\n';
  let from = 0;
  let bytes = 0;
  for (const [at, event] of events.entries()) {
    bytes += bytesOf(event);
    const isLast = at + 1 === events.length;
    if (bytes < PIECE_BYTES_MAX && !isLast) continue;
    const changes = events.slice(from, at + 1);
    const head = from === 0 ? begin : ',\ndata: ';
    const tail = isLast ? end : '';
    yield { bytes, text: () => `${head}${changesText(changes, encoding)}${tail}` };
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

function bytesOf({ key, value }: WatchEvent): number {
  return CHANGE_BYTES + key.length + (value?.length ?? 0);
}
