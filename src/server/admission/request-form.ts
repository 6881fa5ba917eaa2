/**
 * What of a request is refused by its head alone, before anybody looks at its route: what Node would hold of it without anybody's
 * count (SP9), what would be read otherwise than it was meant (SV9), and what would be taken for what it is not (SV37).
 */
import type { IncomingMessage } from 'node:http';
import { badRequest } from '../errors.ts';
import { HEAD_FIELDS_MAX, SHOWN_FIELD_LENGTH_MAX } from '../limits.ts';
import type { Refusal } from './upgrade-refusal.ts';

/** A body that nobody reads would wait in Node, byte by byte if it is sent so. */
const BODY_METHODS: ReadonlySet<string> = new Set(['PUT', 'POST']);
/** `.` and `..`, also percent-encoded: URL parsers remove them, and with them the key that was meant. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;
/** What they leave out, cut off or spell otherwise: control characters, '#', all beyond ASCII, and '\' in a path. */
const NOT_KEPT = /[^!-~]|#|^[^?]*\\/;

/** `null`: its head is as it should be. */
export function refusalOfForm(request: IncomingMessage): Refusal | null {
  if (request.rawHeaders.length > 2 * HEAD_FIELDS_MAX) {
    return { status: 431, error: badRequest(TOO_MANY_FIELDS) };
  }
  if (hostsIn(request) > 1) return { error: badRequest(HOSTS_REFUSED) };
  return refusalOfBody(request) ?? refusalOfTarget(request);
}

export function pathOf({ url = '' }: Pick<IncomingMessage, 'url'>): string {
  return url.split('?', 1)[0] ?? '';
}

/** Programs on the way may go by another of them than Node does, which takes the first. */
function hostsIn({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

function refusalOfBody(request: IncomingMessage): Refusal | null {
  const { headers, method = '' } = request;
  if (hasBody(request) && !BODY_METHODS.has(method)) return { error: badRequest(BODY_REFUSED) };
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') {
    return { status: 501, error: badRequest(transferRefused(transfer)) };
  }
  const coding = headers['content-encoding'] ?? '';
  if (coding !== '' && coding.toLowerCase() !== 'identity') {
    return { status: 415, error: badRequest(codingRefused(coding)) };
  }
  return headers['content-range'] === undefined ? null : { error: badRequest(PART_REFUSED) };
}

function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || Number(length) > 0;
}

function refusalOfTarget(request: IncomingMessage): Refusal | null {
  if (NOT_KEPT.test(request.url ?? '')) return { error: badRequest(CHARACTERS_REFUSED) };
  return DOT_SEGMENT.test(pathOf(request)) ? { error: badRequest(DOTS_REFUSED) } : null;
}

const TOO_MANY_FIELDS = `The request has more than ${HEAD_FIELDS_MAX} header fields. Send fewer.`;
const HOSTS_REFUSED = 'The request has more than one Host header. Send one.';
const BODY_REFUSED = 'Only PUT and POST have a body here. Send this request without one.';
const PART_REFUSED =
  'The request has a Content-Range, and a value is only written whole. Nothing was written; send all of it.';
const CHARACTERS_REFUSED =
  "The path or the query has a character that programs on the way change: a control character, '#', one beyond ASCII, or a backslash in the path. Write its bytes percent-encoded.";
const DOTS_REFUSED =
  "The path has a segment '.' or '..', which programs on the way remove. In a key, write the slash before it as %2F; the keys '.' and '..' themselves are for POST /txn.";

function transferRefused(transfer: string): string {
  return `The body comes with Transfer-Encoding ${shown(transfer)}, and none but chunked is understood here. Nothing was written; send it as it is.`;
}

function codingRefused(coding: string): string {
  return `The body comes with Content-Encoding ${shown(coding)}, which would be lost: a value is its bytes alone. Nothing was written; send it without that header.`;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_FIELD_LENGTH_MAX));
}
