/** How a node that founds a cluster by number asks the others: each of them by itself, and one question at a time (FO10, FO12). */
import type { SecureContext } from 'node:tls';
import { RaftError } from '../../core/errors.ts';
import { type FoundingWord, foundingWordIn } from '../../core/founding.ts';
import type { Founding } from '../../node/founding/founding.ts';
import { FOUNDING_PATH, isProven, proofOf } from '../../server/founding-door.ts';
import { errorIn } from '../asking/ask-servers.ts';
import { tlsContext } from '../asking/client-tls.ts';
import { httpAnswer } from '../asking/http-answer.ts';
import { fieldsIn } from '../asking/json-fields.ts';
import { FOUNDER_ASKED_MS } from '../limits.ts';
import type { Bootstrap } from './bootstrap.ts';
import type { Asker } from './join-cluster.ts';

type Hearer = Pick<Founding, 'hear' | 'meet'>;

export class FounderQuestions {
  readonly #bootstrap: Bootstrap;
  readonly #asker: Asker;
  readonly #secureContext: SecureContext | undefined;
  /** URLs of which an answer is awaited. Bound: those that were named. */
  readonly #open = new Set<string>();
  /** What was said of each last. */
  readonly #said = new Map<string, string>();

  constructor(bootstrap: Bootstrap, asker: Asker) {
    this.#bootstrap = bootstrap;
    this.#asker = asker;
    this.#secureContext = tlsContext(bootstrap.joining.caller);
  }

  /** Returns at once; whoever answers is heard. */
  ask(word: FoundingWord, hearer: Hearer): void {
    this.#bootstrap.joining.seeds().then(
      (urls) => {
        for (const url of urls) this.#askOne(url, word, hearer);
      },
      (error: unknown) => this.#tell('', error),
    );
  }

  #askOne(url: string, word: FoundingWord, hearer: Hearer): void {
    if (this.#open.has(url)) return;
    this.#open.add(url);
    this.#answerOf(url, JSON.stringify(word))
      .then(
        (text) => {
          this.#said.delete(url);
          hearAnswer(text, hearer);
        },
        (error: unknown) => this.#tell(url, error),
      )
      .finally(() => this.#open.delete(url));
  }

  async #answerOf(url: string, body: string): Promise<string> {
    const { secret } = this.#bootstrap;
    const {
      body: text,
      headers,
      status,
    } = await httpAnswer(`${url}${FOUNDING_PATH}`, {
      method: 'POST',
      body,
      headers: proofOf(body, secret),
      timeoutMs: FOUNDER_ASKED_MS,
      interrupted: this.#asker.context.interrupted,
      secureContext: this.#secureContext,
    });
    if (status !== 200) throw refusalIn(text) ?? new RaftError('RAFT_BAD_REQUEST', FOREIGN);
    if (!isProven(text, headers, secret)) throw new RaftError('RAFT_FORBIDDEN', UNPROVEN);
    return text;
  }

  /** Each reason once. That one does not run yet is to be expected, and that it refuses is not. */
  #tell(url: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#asker.context.interrupted.aborted || this.#said.get(url) === message) return;
    this.#said.set(url, message);
    const isRefusal = error instanceof RaftError && error.code !== 'RAFT_STOPPED';
    const where = url === '' ? {} : { url };
    this.#asker.log(isRefusal ? 'warn' : 'info', 'founding', { ...where, message });
  }
}

const FOREIGN = 'What listens there knows nothing of founding.';
const UNPROVEN = 'Its answer does not prove that it has the --cluster-secret-file of this node.';

function refusalIn(text: string): RaftError | null {
  const fields = fieldsIn(text);
  return fields === null ? null : errorIn(fields);
}

/** What is neither is as good as no answer. */
function hearAnswer(text: string, hearer: Hearer): void {
  const fields = fieldsIn(text);
  const word = foundingWordIn(fields);
  if (typeof fields?.clusterId === 'string') hearer.meet(fields.clusterId);
  if (word !== null) hearer.hear(word);
}
