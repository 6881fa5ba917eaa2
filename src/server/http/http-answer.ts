/**
 * The way of an answer to its HTTP reader (SP5): room is asked for before it is made, what is made is counted
 * until the reader has taken it, and what is large is handed out in pieces, so that it shows who takes none.
 */

import type { Visitor } from '../access/visitor.ts';
import type { Account } from '../admission/account.ts';
import { ANSWER_PIECE_BYTES, WHOLE_ANSWER_BYTES_MAX } from '../limits.ts';

/** Where an answer goes. */
export interface Exchange {
  /** Calls once the answer has been taken, or its reader is gone. */
  whenOver(over: () => void): void;
  /** Who asks. */
  readonly visitor: Visitor;
  /** Breaks the connection. */
  end(): void;
  /** The same once its reader sends nothing more: of an answer without end there is no other sign that it is gone. */
  endWithReader(): void;
}

const encoder = new TextEncoder();

/** Makes the answer once there is room for about `bytes`. */
export function whenRoom(account: Account, bytes: number, make: () => Response): Promise<Response> {
  return whenItFits(account, bytes, make);
}

/** The same, where `make` may find that it needs more: it returns how much, and is called again once that fits. */
export function whenItFits(
  account: Account,
  bytes: number,
  make: (fits: (bytes: number) => boolean) => Response | number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    account.whenItFits(bytes, (fits) => {
      try {
        const made = make(fits);
        if (typeof made === 'number') return made;
        resolve(made);
      } catch (error) {
        reject(error);
      }
      return null;
    });
  });
}

/** Counts the bytes, which must not change from here on, until the answer has been taken. */
export function bodyAnswer(
  account: Account,
  body: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Response {
  account.hold(body.length);
  if (body.length <= WHOLE_ANSWER_BYTES_MAX) return new Response(body, { headers });
  const length = { 'content-length': String(body.length) };
  return new Response(inPieces(account, body), { headers: { ...headers, ...length } });
}

export function jsonAnswer(
  account: Account,
  text: string,
  headers: Readonly<Record<string, string>>,
): Response {
  return bodyAnswer(account, encoder.encode(text), {
    ...headers,
    'content-type': 'application/json',
  });
}

/**
 * The same for a text that is made as its reader takes it, unless it is small: of a range of 4 MiB, a reader that takes
 * nothing holds one piece. `bytes`: about how long it is.
 */
export function jsonTextsAnswer(
  account: Account,
  { texts, bytes }: { readonly texts: Iterable<string>; readonly bytes: number },
  headers: Readonly<Record<string, string>>,
): Response {
  if (bytes <= WHOLE_ANSWER_BYTES_MAX) return jsonAnswer(account, [...texts].join(''), headers);
  return new Response(asTaken(account, texts), {
    headers: { ...headers, 'content-type': 'application/json' },
  });
}

function inPieces(account: Account, body: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    account.touch();
    controller.enqueue(body.subarray(at, at + ANSWER_PIECE_BYTES));
    at += ANSWER_PIECE_BYTES;
    if (at >= body.length) controller.close();
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

/** Bound: room is asked for before a piece is made. */
function asTaken(account: Account, texts: Iterable<string>): ReadableStream<Uint8Array> {
  const pieces = piecesOf(texts);
  const tell = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const { done, value } = pieces.next();
    if (done === true) return controller.close();
    account.hold(value.length);
    controller.enqueue(value);
  };
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    account.release(account.bytes);
    return new Promise((resolve) => {
      account.whenRoom(ANSWER_PIECE_BYTES, () => resolve(tell(controller)));
    });
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

/** Bound: none is larger than a piece, however long a text is. */
function* piecesOf(texts: Iterable<string>): Generator<Uint8Array, void, undefined> {
  let piece = new Uint8Array(ANSWER_PIECE_BYTES);
  let filled = 0;
  for (const text of texts) {
    for (let read = 0; read < text.length; ) {
      const encoded = encoder.encodeInto(text.slice(read), piece.subarray(filled));
      read += encoded.read;
      filled += encoded.written;
      if (read === text.length) break;
      yield piece.subarray(0, filled);
      piece = new Uint8Array(ANSWER_PIECE_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.slice(0, filled);
}
