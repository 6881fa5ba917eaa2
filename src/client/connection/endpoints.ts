/**
 * Where servers are: as the program has said, or DNS for it (CG10), and as servers say of the other members (CG9). What was
 * said goes first, always: an address that was learned is tried where none of these answers, in the same round.
 */
import { RaftError } from '../../core/errors.ts';
import { MEMBERS_MAX } from '../../core/limits.ts';
import { clientUrlFrom } from '../../wire/client-url.ts';
import { socketUrl } from '../client-options.ts';
import type { ToldMembers } from './member-questions.ts';

/** Who tells of others. */
interface Teller {
  readonly url: string;
  readonly clusterId: string;
}

export class Endpoints {
  #given: readonly string[];
  readonly #lookUp: (() => Promise<readonly string[]>) | null;
  /** WebSocket addresses by member. Bound: `MEMBERS_MAX`, none of a member that is one no more. */
  #learned: ReadonlyMap<string, string> = new Map();
  /** Whose members these are. */
  #cluster: string | null = null;
  /** Where among those given the next round begins. */
  #next = 0;
  /** Why nobody is known. */
  #problem = 'DNS has not answered yet.';
  #lookingUp: Promise<void> | null = null;

  constructor(given: readonly string[], lookUp: (() => Promise<readonly string[]>) | null) {
    this.#given = given;
    this.#lookUp = lookUp;
  }

  get given(): readonly string[] {
    return this.#given;
  }

  get count(): number {
    return this.#all().length;
  }

  /** For the error of who waited in vain. */
  whyNone(lastFailure: string): string {
    const all = this.#all().join(', ');
    return all === '' ? this.#problem : `No server could be reached at ${all} (${lastFailure}).`;
  }

  /** Each address once, in the order in which they are to be tried. */
  round(): string[] {
    const given = this.#given;
    const learned = this.#all().slice(given.length);
    return [...given.slice(this.#next), ...given.slice(0, this.#next), ...learned];
  }

  /** The next round begins behind it. */
  tried(url: string): void {
    const at = this.#given.indexOf(url);
    if (at >= 0) this.#next = (at + 1) % this.#given.length;
  }

  /** The next round does not begin with it, where another address was given. */
  lost(url: string): void {
    if (this.#given[this.#next] === url) this.tried(url);
  }

  /** Somebody else has its place by now: what was learned is of members of the cluster that told it. */
  isForeign(url: string, clusterId: string): boolean {
    if (this.#cluster === null || this.#given.includes(url)) return false;
    return clusterId !== this.#cluster;
  }

  learn({ members, urls }: ToldMembers, { clusterId, url: by }: Teller): void {
    const before = clusterId === this.#cluster ? this.#learned : new Map<string, string>();
    const learned = new Map<string, string>();
    for (const member of members.slice(0, MEMBERS_MAX)) {
      const told = clientUrlFrom(urls.get(member), by);
      const url = told === null ? before.get(member) : socketUrl(told);
      if (url !== undefined) learned.set(member, url);
    }
    this.#cluster = clusterId;
    this.#learned = learned;
  }

  /** `null`: nothing is to be looked up. Never rejects: what was known before goes on being known. */
  lookUp(): Promise<void> | null {
    if (this.#lookUp === null) return null;
    this.#lookingUp ??= this.#lookUp()
      .then(
        (urls) => this.#found(urls.map(socketUrl)),
        (error: unknown) => {
          this.#problem = error instanceof RaftError ? error.message : String(error);
        },
      )
      .finally(() => {
        this.#lookingUp = null;
      });
    return this.#lookingUp;
  }

  #found(urls: readonly string[]): void {
    this.#given = [...new Set(urls)];
    this.#next = 0;
  }

  #all(): readonly string[] {
    return [...new Set([...this.#given, ...this.#learned.values()])];
  }
}
