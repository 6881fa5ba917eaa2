/**
 * What changes who may do what, as data and as bytes (AC1): the part of `command-codec.ts` that came with version 4. A snapshot
 * keeps the same bytes.
 *
 *   turnOn      block hash of the new root token
 *   turnOff
 *   grantRole   block role, block prefix, u8 rights       revokeRole  block role, block prefix       deleteRole  block role
 *   addCaller   u8 kind, block name, u8 n, n blocks: roles, block hash (empty: none)
 *   removeCaller  u8 kind, block name
 */
import { unreachable } from '../../core/assert.ts';
import { ACCESS_ROLES_OF_CALLER_MAX, KEY_BYTES_MAX } from '../limits.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** As bits, since a prefix may carry several. */
export const RIGHT = { read: 1, write: 2, inspect: 4, admin: 8 } as const;
export type Right = keyof typeof RIGHT;
export const RIGHT_NAMES = [
  'read',
  'write',
  'inspect',
  'admin',
] as const satisfies readonly Right[];
export const RIGHTS_ALL = 15;
/** Those that are of no key: they are granted with the empty prefix. */
const RIGHTS_OF_NO_KEY = RIGHT.inspect | RIGHT.admin;
/** The role that has every right, and the token that `turnOn` makes. */
export const ROOT = 'root';

/** How somebody shows who they are. */
export const CALLER_KINDS = ['token', 'user'] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];

export interface Caller {
  readonly kind: CallerKind;
  readonly name: string;
  readonly roles: readonly string[];
  /** SHA-256 of the secret of a token; `null`: a user shows a certificate. */
  readonly hash: Uint8Array | null;
}

export type AccessChange =
  | { readonly type: 'turnOn'; readonly hash: Uint8Array }
  | { readonly type: 'turnOff' }
  | {
      readonly type: 'grantRole';
      readonly role: string;
      readonly prefix: Uint8Array;
      readonly rights: number;
    }
  | { readonly type: 'revokeRole'; readonly role: string; readonly prefix: Uint8Array }
  | { readonly type: 'deleteRole'; readonly role: string }
  | { readonly type: 'addCaller'; readonly caller: Caller }
  | { readonly type: 'removeCaller'; readonly kind: CallerKind; readonly name: string };

const CHANGES = [
  'turnOn',
  'turnOff',
  'grantRole',
  'revokeRole',
  'deleteRole',
  'addCaller',
  'removeCaller',
] as const satisfies readonly AccessChange['type'][];

const HASH_BYTES = 32;
export const ACCESS_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const NO_NAME =
  "A name has 1 to 64 letters, digits, '.', '_', '-' and '@', and begins with a letter or a digit.";

/** Of a role, a token or a user: what needs no escapes in a path, a header or a log. */
export function isAccessName(name: string): boolean {
  return ACCESS_NAME_PATTERN.test(name);
}

/** `null`: there is none. */
export function faultInAccessChange(change: AccessChange): string | null {
  switch (change.type) {
    case 'turnOn':
      return change.hash.length === HASH_BYTES ? null : NO_HASH;
    case 'turnOff':
      return null;
    case 'grantRole':
      return faultInName(change.role) ?? faultInPrefix(change.prefix) ?? faultInRights(change);
    case 'revokeRole':
      return faultInName(change.role) ?? faultInPrefix(change.prefix);
    case 'deleteRole':
      return faultInName(change.role);
    case 'addCaller':
      return faultInCaller(change.caller);
    case 'removeCaller':
      return faultInName(change.name);
    default:
      return unreachable(change);
  }
}

const NO_HASH = 'The hash of a token has 32 bytes, and a user has none.';
const TOO_MANY_ROLES = `A token or a user has at most ${ACCESS_ROLES_OF_CALLER_MAX} roles.`;

function faultInName(name: string): string | null {
  return isAccessName(name) ? null : NO_NAME;
}

function faultInPrefix(prefix: Uint8Array): string | null {
  return prefix.length <= KEY_BYTES_MAX ? null : `A prefix has at most ${KEY_BYTES_MAX} bytes.`;
}

function faultInRights({
  prefix,
  rights,
}: {
  readonly prefix: Uint8Array;
  readonly rights: number;
}): string | null {
  const isSome = Number.isInteger(rights) && rights >= 1 && rights <= RIGHTS_ALL;
  if (!isSome) return `A right is one of ${RIGHT_NAMES.join(', ')}.`;
  if (prefix.length === 0 || (rights & RIGHTS_OF_NO_KEY) === 0) return null;
  return 'inspect and admin are of no key: grant them with an empty prefix.';
}

function faultInCaller({ kind, name, roles, hash }: Caller): string | null {
  // None is possible, too: what its roles were may have been deleted.
  if (roles.length > ACCESS_ROLES_OF_CALLER_MAX) return TOO_MANY_ROLES;
  for (const each of [name, ...roles]) if (!isAccessName(each)) return NO_NAME;
  const length = hash?.length ?? null;
  return length === (kind === 'token' ? HASH_BYTES : null) ? null : NO_HASH;
}

export function writeAccessChange(writer: ByteWriter, change: AccessChange): ByteWriter {
  writer.u8(CHANGES.indexOf(change.type));
  switch (change.type) {
    case 'turnOn':
      return writer.block(change.hash);
    case 'turnOff':
      return writer;
    case 'grantRole':
      return writer.block(bytesOf(change.role)).block(change.prefix).u8(change.rights);
    case 'revokeRole':
      return writer.block(bytesOf(change.role)).block(change.prefix);
    case 'deleteRole':
      return writer.block(bytesOf(change.role));
    case 'addCaller':
      return writeCaller(writer, change.caller);
    case 'removeCaller':
      return writer.u8(CALLER_KINDS.indexOf(change.kind)).block(bytesOf(change.name));
    default:
      return unreachable(change);
  }
}

export function readAccessChange(reader: ByteReader): AccessChange {
  const type = reader.choice(CHANGES, 'its change');
  switch (type) {
    case 'turnOn':
      return { type, hash: reader.block() };
    case 'turnOff':
      return { type };
    case 'grantRole': {
      const role = readText(reader);
      const prefix = reader.block();
      return { type, role, prefix, rights: reader.u8() };
    }
    case 'revokeRole': {
      const role = readText(reader);
      return { type, role, prefix: reader.block() };
    }
    case 'deleteRole':
      return { type, role: readText(reader) };
    case 'addCaller':
      return { type, caller: readCaller(reader) };
    case 'removeCaller': {
      const kind = reader.choice(CALLER_KINDS, 'a kind of caller');
      return { type, kind, name: readText(reader) };
    }
    default:
      return unreachable(type);
  }
}

function writeCaller(writer: ByteWriter, { kind, name, roles, hash }: Caller): ByteWriter {
  writer.u8(CALLER_KINDS.indexOf(kind)).block(bytesOf(name)).u8(roles.length);
  for (const role of roles) writer.block(bytesOf(role));
  return writer.block(hash ?? NOTHING);
}

function readCaller(reader: ByteReader): Caller {
  const kind = reader.choice(CALLER_KINDS, 'a kind of caller');
  const name = readText(reader);
  const roles = Array.from({ length: reader.u8() }, () => readText(reader));
  const hash = reader.block();
  return { kind, name, roles, hash: hash.length === 0 ? null : hash };
}

/** Names are ASCII, as `faultInAccessChange` proves: one text has one encoding. */
function readText(reader: ByteReader): string {
  return new TextDecoder().decode(reader.block());
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const NOTHING = new Uint8Array(0);
