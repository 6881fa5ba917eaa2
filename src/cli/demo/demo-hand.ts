/** Faults and writes by hand: what the page orders is done to the processes of the demo, and told in a sentence. */
import { unreachable } from '../../core/assert.ts';
import { askOverHttp } from '../asking/ask-over-http.ts';
import { fieldsIn } from '../asking/json-fields.ts';
import type { DemoNode } from './demo-node.ts';
import type { Fault, Obeyed, Orders } from './page/demo-orders.ts';
import type { Presences } from './page/presences.ts';

/** How long a write by hand may take, in milliseconds. */
const WRITE_TIMEOUT_MS = 5_000;

interface HandOptions {
  readonly presences: Presences;
  /** The process that a node has at this moment; `null`: there is no such node. */
  readonly node: (id: string) => DemoNode | null;
  /** Starts a process for a node that has none. */
  readonly restart: (id: string) => void;
  readonly interrupted: AbortSignal;
}

export class DemoHand implements Orders {
  readonly #options: HandOptions;
  /** Killed from here, until their end is heard of. */
  readonly #killed = new Set<DemoNode>();

  constructor(options: HandOptions) {
    this.#options = options;
  }

  async fault(id: string, fault: Fault): Promise<Obeyed> {
    const node = this.#options.node(id);
    if (node === null) return refused(`There is no node ${id}.`);
    const impossible = this.#whyNot(id, fault);
    if (impossible !== null) return refused(impossible);
    return this.#do(node, fault);
  }

  async write(id: string, key: string, value: string): Promise<Obeyed> {
    const node = this.#options.node(id);
    if (node === null) return refused(`There is no node ${id}.`);
    const { interrupted } = this.#options;
    // Not in a path, which would lose the keys `.` and `..`.
    const sent = JSON.stringify({ success: [{ op: 'put', key, value }] });
    try {
      const { status, body } = await askOverHttp(`${node.plan.url}/txn`, {
        ...{ method: 'POST', body: sent, timeoutMs: WRITE_TIMEOUT_MS, interrupted },
      });
      return outcome(id, key, { status, body });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return refused(`${id} gave no answer (${why}): whether it was written is not known.`);
    }
  }

  /** It was killed from here; asked once, at its end. */
  hasKilled(node: DemoNode): boolean {
    return this.#killed.delete(node);
  }

  #whyNot(id: string, fault: Fault): string | null {
    const { presences } = this.#options;
    const presence = presences.of(id);
    if (fault === 'restart') return presence === 'dead' ? null : `${id} has a process already.`;
    if (presence === 'dead') return `${id} is dead: restart it first.`;
    if (presences.isElsewhere(id)) return `${id} was started again in a terminal: end it there.`;
    if (fault === 'continue' && presence === 'running') return `${id} runs already.`;
    return fault === 'stop' && presence === 'stopped' ? `${id} is stopped already.` : null;
  }

  #do(node: DemoNode, fault: Fault): Obeyed {
    const { presences, restart } = this.#options;
    const { id } = node.plan;
    switch (fault) {
      case 'kill':
        this.#killed.add(node);
        node.signal('SIGKILL');
        return done(`${id} was killed (SIGKILL): it had no chance to say goodbye.`);
      case 'stop':
        node.signal('SIGSTOP');
        presences.tell(id, { presence: 'stopped', how: 'was stopped', isByHand: true });
        return done(`${id} was stopped (SIGSTOP): its connections stay open, and nobody answers.`);
      case 'continue':
        node.signal('SIGCONT');
        presences.tell(id, { presence: 'running', how: 'was let go on', isByHand: true });
        return done(`${id} goes on (SIGCONT), and does not know that time has passed.`);
      case 'restart':
        restart(id);
        presences.tell(id, { presence: 'running', how: 'was started again', isByHand: true });
        return done(`${id} was started again, on the disk that it had.`);
      default:
        return unreachable(fault);
    }
  }
}

function outcome(
  id: string,
  key: string,
  { status, body }: { status: number; body: string },
): Obeyed {
  const answer = fieldsIn(body) ?? {};
  if (status === 200) return done(`${id} has written ${key}, at revision ${answer.revision}.`);
  return refused(`${id} did not write ${key}: ${answer.message ?? `it answered ${status}`}`);
}

function done(message: string): Obeyed {
  return { isDone: true, message };
}

function refused(message: string): Obeyed {
  return { isDone: false, message };
}
