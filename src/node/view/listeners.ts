/** Who wants to hear what of a node, in the order in which they asked. */
import type { RaftError } from '../../core/errors.ts';
import type {
  DiskEvent,
  MembersEvent,
  PeerEvent,
  RoleEvent,
  SnapshotEvent,
} from '../../ports/replica.ts';
import type { End } from '../tree/endings.ts';

type Defer = (call: () => void) => void;

export class Audience {
  readonly role: Listeners<RoleEvent>;
  readonly peer: Listeners<PeerEvent>;
  readonly disk: Listeners<DiskEvent>;
  readonly snapshot: Listeners<SnapshotEvent>;
  readonly members: Listeners<MembersEvent>;
  readonly halt: Listeners<RaftError>;

  constructor(defer: Defer) {
    this.role = new Listeners(defer);
    this.peer = new Listeners(defer);
    this.disk = new Listeners(defer);
    this.snapshot = new Listeners(defer);
    this.members = new Listeners(defer);
    this.halt = new Listeners(defer);
  }

  end({ error }: End): void {
    if (error !== null) this.halt.pass(error);
  }
}

/** Of one kind of event. */
class Listeners<Event> {
  readonly #all = new Set<(event: Event) => void>();
  readonly #defer: Defer;

  /** A listener is a guest: what it throws is its own, and `defer` calls it where nobody else is hurt. */
  constructor(defer: Defer) {
    this.#defer = defer;
  }

  /** Returns how to stop listening. */
  add(listener: (event: Event) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  /** OW6: frozen, since all listeners, and the teller, see the same event. */
  tell(event: Event): void {
    this.pass(Object.freeze(event));
  }

  /** As it is: what is thrown belongs to whoever threw it. */
  pass(event: Event): void {
    for (const listener of this.#all) this.#defer(() => listener(event));
  }
}
