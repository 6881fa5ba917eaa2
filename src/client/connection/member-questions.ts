/**
 * Asks the server that the client speaks to where all members are: once it is connected, and now and then, since members
 * come and go (CG9). What is not answered, or not understood, changes nothing.
 */
import type { ClientReply, HelloReply } from '../../client-protocol/frame-shapes.ts';
import type { ConnectionClock, Random } from '../../ports/clock.ts';
import { MEMBERS_ASKED_MS } from '../limits.ts';
import type { ServerConnection } from './server-connection.ts';

/** As a server knows it. */
export interface ToldMembers {
  readonly members: readonly string[];
  /** Where they serve clients, of those of whom it is known. Nothing is proven of it yet. */
  readonly urls: ReadonlyMap<string, unknown>;
}

interface MemberQuestionsOptions {
  readonly clock: ConnectionClock;
  readonly random: Random;
  readonly newId: () => number;
  readonly learned: (told: ToldMembers, by: ServerConnection) => void;
}

export class MemberQuestions {
  readonly #options: MemberQuestionsOptions;
  /** Who was asked last, and under which number. */
  #asked: { readonly id: number; readonly server: ServerConnection } | null = null;
  #again: unknown = null;

  constructor(options: MemberQuestionsOptions) {
    this.#options = options;
  }

  ask(server: ServerConnection): void {
    const { clock, newId, random } = this.#options;
    const id = newId();
    this.#asked = { id, server };
    server.post({ type: 'status', id });
    clock.clearTimeout(this.#again);
    const waitMs = MEMBERS_ASKED_MS * (0.5 + random.next() / 2);
    this.#again = clock.setIdleTimeout(() => this.ask(server), waitMs);
  }

  /** Until the next one is connected. */
  stop(): void {
    this.#options.clock.clearTimeout(this.#again);
    this.#asked = null;
  }

  /** True: it answers a question of this. */
  takes(reply: Exclude<ClientReply, HelloReply>): boolean {
    if (this.#asked?.id !== reply.id) return false;
    const told = reply.type === 'status' ? membersIn(reply.status) : null;
    if (told !== null) this.#options.learned(told, this.#asked.server);
    return true;
  }
}

/** `null`: it tells of none, as a node that is no member yet, or an older build. */
function membersIn(status: string): ToldMembers | null {
  const { clientUrls, members } = fieldsOf(parsed(status));
  const { learners, voters } = fieldsOf(members);
  const names = [voters, learners].flatMap((each: unknown) => (Array.isArray(each) ? each : []));
  const known = names.filter((name): name is string => typeof name === 'string');
  const urls = new Map(Object.entries(fieldsOf(clientUrls)));
  return known.length === 0 || urls.size === 0 ? null : { members: known, urls };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return value instanceof Object ? { ...value } : {};
}
