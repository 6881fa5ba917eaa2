/** Chance for the id of a session, so that nobody guesses it. */
import { randomBytes } from 'node:crypto';
import { SALT_BYTES } from '../core/session.ts';

export function randomSalt(): Uint8Array {
  return new Uint8Array(randomBytes(SALT_BYTES));
}
