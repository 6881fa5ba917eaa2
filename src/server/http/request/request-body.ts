/**
 * Reads a body without trusting its size: past the limit reading stops and nothing more is buffered
 * (SV10), and a client that stops sending half-way is let go at the request's deadline (SV4).
 */

import { asOnePiece } from '../../../core/bytes/joined-bytes.ts';
import { RaftError } from '../../../core/errors.ts';
import type { Account } from '../../admission/account.ts';
import type { HeldBytes } from '../../admission/held-bytes.ts';
import { BODY_PIECES_MAX } from '../../limits.ts';

/** What a piece costs besides its bytes. */
const PIECE_BYTES = 256;

interface BodyBounds {
  readonly bytesMax: number;
  /** What the limit is called in the error: 'a value', 'a transaction'. */
  readonly what: string;
  readonly timeoutMs: number;
  /** Counts what has begun to arrive. */
  readonly held: HeldBytes;
}

export async function readBody(request: Request, bounds: BodyBounds): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN);
  if (declared > bounds.bytesMax) throw tooLarge(bounds);
  let refuse: (error: RaftError) => void = () => {};
  const refused = new Promise<never>((_resolve, reject) => {
    refuse = reject;
  });
  const account = bounds.held.account(bounds.bytesMax, () => refuse(crowdedOut()));
  const timer = setTimeout(() => refuse(late(bounds)), bounds.timeoutMs);
  try {
    const reading = read(request, { declared, bounds, account });
    reading.catch(ignore);
    return await Promise.race([reading, refused]);
  } finally {
    clearTimeout(timer);
    account.close();
  }
}

interface Reading {
  readonly declared: number;
  readonly bounds: BodyBounds;
  readonly account: Account;
}

/** What arrives once it was refused is dropped; the caller's answer closes the connection. */
async function read(request: Request, { declared, bounds, account }: Reading): Promise<Uint8Array> {
  // The HTTP parser never delivers more than was declared, so that much may be buffered in one go.
  if (declared > 0) account.hold(declared);
  const body =
    declared >= 0 ? await readDeclared(request) : await readStreamed(request, { bounds, account });
  if (body.length > bounds.bytesMax) throw tooLarge(bounds);
  if (declared >= 0 && body.length !== declared) throw cut();
  return body;
}

async function readDeclared(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    throw cut(error);
  }
}

async function readStreamed(
  request: Request,
  parts: Omit<Reading, 'declared'>,
): Promise<Uint8Array> {
  const stream = request.body;
  return stream === null ? new Uint8Array(0) : gather(stream.getReader(), parts);
}

async function gather(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { bounds, account }: Omit<Reading, 'declared'>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await next(reader);
    if (done) return asOnePiece(chunks);
    length += value.length;
    chunks.push(value);
    const refusal = refusalOf({ length, pieces: chunks.length }, bounds);
    if (refusal !== null) {
      reader.cancel('refused').catch(ignore);
      throw refusal;
    }
    account.hold(value.length + PIECE_BYTES);
  }
}

function refusalOf(
  { length, pieces }: { readonly length: number; readonly pieces: number },
  bounds: BodyBounds,
): RaftError | null {
  if (length > bounds.bytesMax) return tooLarge(bounds);
  return pieces > BODY_PIECES_MAX ? tooManyPieces() : null;
}

async function next(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (error) {
    throw cut(error);
  }
}

function tooLarge({ bytesMax, what }: BodyBounds): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `The body is larger than ${what} may be (${bytesMax} bytes). Nothing was written; split it.`,
  );
}

function tooManyPieces(): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `The body came in more than ${BODY_PIECES_MAX} pieces. Nothing was written; send larger ones.`,
  );
}

function late({ timeoutMs }: BodyBounds): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    `The body did not arrive within ${timeoutMs} ms. Nothing was written; send it again.`,
    { retry: 'safe' },
  );
}

function crowdedOut(): RaftError {
  return new RaftError(
    'RAFT_OVERLOADED',
    'Too many bytes of requests are under way on this node, and this one began first. Nothing was written; ask another node, or later.',
  );
}

function cut(cause?: unknown): RaftError {
  return new RaftError(
    'RAFT_BAD_REQUEST',
    'The body was cut before its end. Nothing was written; send it again.',
    { retry: 'safe', cause },
  );
}

function ignore(): void {
  // The request is already answered; there is nobody left to tell.
}
