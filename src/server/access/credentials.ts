/** What a connection shows of who calls: the token in a request's `Authorization`, or the user in its certificate (AC5). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { userUri } from '../../core/member-uri.ts';
import { urisIn } from '../../wire/alternative-names.ts';
import { type ShownToken, Visitor } from './visitor.ts';

/** One for a connection, and another once it shows another token. */
export function visitorOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): Visitor {
  const { socket, headers } = request;
  const { authorization = '' } = headers;
  const known = VISITORS.get(socket);
  if (known !== undefined && isSame(known.authorization, authorization)) return known.visitor;
  // Of a connection that is over nobody can tell any more, and what it asked for may be done later.
  const user = userOf(socket);
  const from = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
  const visitor = new Visitor(() => ({ token: tokenIn(authorization), user, from }));
  VISITORS.set(socket, { authorization, visitor });
  return visitor;
}

/** In a time that does not show how much of a secret was guessed: a proxy sends the requests of many over one connection. */
function isSame(known: string, shown: string): boolean {
  if (known.length !== shown.length) return false;
  return (
    known === '' || timingSafeEqual(Buffer.from(known, 'latin1'), Buffer.from(shown, 'latin1'))
  );
}

const VISITORS = new WeakMap<
  object,
  { readonly authorization: string; readonly visitor: Visitor }
>();

/** `null`: the header is not there. `Basic`, with the token as the password, is what browsers ask people for. */
export function tokenIn(authorization: string): ShownToken | null {
  if (authorization === '') return null;
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return shownToken(value);
  const pair = Buffer.from(value, 'base64').toString();
  return shownToken(pair.slice(pair.indexOf(':') + 1));
}

/** `<name>.<secret>` */
function shownToken(text: string): ShownToken {
  const at = text.lastIndexOf('.');
  const name = text.slice(0, Math.max(0, at));
  const hash = hashOf(text.slice(at + 1));
  return {
    name: PLAIN.test(name) ? name : '?',
    isOf: (kept) => timingSafeEqual(hash, kept ?? NO_HASH) && kept !== null,
  };
}

const NO_HASH = new Uint8Array(32);

/** What may stand in a log. */
const PLAIN = /^[A-Za-z0-9._@-]{1,64}$/;

/** A new one, and what is kept of it. */
export function newToken(name: string): { readonly token: string; readonly hash: Uint8Array } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { token: `${name}.${secret}`, hash: hashOf(secret) };
}

const SECRET_BYTES = 32;

function hashOf(secret: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(secret).digest());
}

const USER_URI = userUri('');

/**
 * The user of a certificate that an authority of this server has signed: by its one URI `raftchart://client/NAME`, or by its common name if
 * it has no such URI. Two of them are none.
 */
function userOf(socket: unknown): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  // `null` where the connection is over, whatever its type says.
  const shown: PeerCertificate | null = socket.getPeerCertificate();
  const { subject, subjectaltname = '' } = shown ?? {};
  const uris = urisIn(subjectaltname).filter((uri) => uri.startsWith(USER_URI));
  if (uris.length > 1) return null;
  const name: unknown = uris[0]?.slice(USER_URI.length) ?? subject?.CN;
  return typeof name === 'string' && PLAIN.test(name) ? name : null;
}
