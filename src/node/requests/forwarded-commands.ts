/**
 * Commands that were handed to the leader, by the message that they travel in, until it says where they stand. Nothing
 * is proposed twice (I5): without its word their outcome is unknown.
 */
import type { RaftError } from '../../core/errors.ts';
import { advance, type Index, type NodeId, type Term } from '../../core/types.ts';
import { timedOut } from './call-errors.ts';
import type { Group } from './group.ts';

interface Place {
  /** So many entries of the message. */
  readonly count: number;
  /** `null` once its caller was told that time is up: the place among the others is kept. */
  readonly group: Group | null;
}

interface Message {
  readonly to: NodeId;
  readonly places: readonly Place[];
}

export class ForwardedCommands {
  readonly #messages = new Map<number, Message>();

  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }

  add(requestId: number, to: NodeId, groups: readonly Group[]): void {
    const places = groups.map((group) => ({ count: group.entries.length, group }));
    this.#messages.set(requestId, { to, places });
  }

  /** The leader appended what this message held, from `firstIndex` on. */
  place(requestId: number, firstIndex: Index, inTerm: Term): void {
    let at = firstIndex;
    for (const { count, group } of this.#take(requestId)) {
      group?.appended(at, inTerm);
      at = advance(at, count);
    }
  }

  /** The message never left, or was refused: who still waits of its groups. */
  takeBack(requestId: number): readonly Group[] {
    return this.#take(requestId).flatMap(({ group }) => group ?? []);
  }

  /** The link to the leader closed with answers outstanding: whether it appended them is unknown. */
  lose(to: NodeId, error: RaftError): void {
    for (const [requestId, message] of this.#messages) {
      if (message.to === to) this.#lose(requestId, error);
    }
  }

  /** Tells who has waited too long; where the others stand is still to be learnt. */
  expire(now: number): void {
    for (const [requestId, { to, places }] of this.#messages) {
      const overdue = places.flatMap(({ group }) =>
        group !== null && group.deadline <= now ? [group] : [],
      );
      if (overdue.length === 0) continue;
      const rest = places.map(({ count, group }) =>
        group !== null && group.deadline <= now ? { count, group: null } : { count, group },
      );
      if (rest.every(({ group }) => group === null)) this.#messages.delete(requestId);
      else this.#messages.set(requestId, { to, places: rest });
      for (const group of overdue) group.lost(timedOut());
    }
  }

  failAll(error: RaftError): void {
    for (const requestId of [...this.#messages.keys()]) this.#lose(requestId, error);
  }

  #lose(requestId: number, error: RaftError): void {
    for (const group of this.takeBack(requestId)) group.lost(error);
  }

  #take(requestId: number): readonly Place[] {
    const places = this.#messages.get(requestId)?.places ?? [];
    this.#messages.delete(requestId);
    return places;
  }
}
