/**
 * Who calls: a token, or the name in a certificate, and from where. Nothing of it is judged here. What was found out is kept for as long as
 * nobody changes who may do what.
 */
import type { KeyRights } from '../../kv/store/key-rights.ts';

/** A token as it was shown. */
export interface ShownToken {
  /** The name that it claims. */
  readonly name: string;
  /** Whether its secret has that hash, in a time that does not depend on it; `null`: there is nothing to compare with. */
  readonly isOf: (hash: Uint8Array | null) => boolean;
}

export interface Credentials {
  /** `null`: none was shown. What cannot be a token is one that nobody has. */
  readonly token: ShownToken | null;
  /** `null`: no certificate, or none that names a user. */
  readonly user: string | null;
  /** Address and port. */
  readonly from: string;
}

/** What one visitor was found to be, when access stood at that number. */
export interface Found {
  readonly accessRevision: number;
  readonly rights: KeyRights;
}

export class Visitor {
  readonly #read: () => Credentials;
  #credentials: Credentials | null = null;
  /** `null`: nobody has looked yet. */
  found: Found | null = null;

  /** Read when they are needed, if ever. */
  constructor(read: () => Credentials) {
    this.#read = read;
  }

  get credentials(): Credentials {
    this.#credentials ??= this.#read();
    return this.#credentials;
  }

  /** As the log names it: it is what was claimed, and no secret. */
  get name(): string {
    const { token, user } = this.credentials;
    if (token !== null) return `token ${token.name}`;
    return user === null ? 'nobody' : `user ${user}`;
  }
}

/** Shows nothing. */
export function nobody(): Visitor {
  return new Visitor(() => ({ token: null, user: null, from: 'here' }));
}
