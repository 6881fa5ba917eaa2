/** How a node that founds a cluster by number asks the others: each of them by itself, and one question at a time (FO10, FO12). */
import type { SecureContext } from 'node:tls';
import { RaftError } from '../../core/errors.ts';
import { type FoundingWord, foundingWordIn } from '../../core/founding.ts';
import type { Founding } from '../../node/founding/founding.ts';
import type { FounderPlaces } from '../../server/founder-places.ts';
import { FOUNDING_PATH, isProven, proofOf } from '../../server/founding-door.ts';
import { askOverHttp } from '../asking/ask-over-http.ts';
import { errorIn } from '../asking/ask-servers.ts';
import { tlsContext } from '../asking/client-tls.ts';
import { fieldsIn } from '../asking/json-fields.ts';
import { FOUNDER_ASKED_MS } from '../limits.ts';
import type { Bootstrap } from './bootstrap.ts';
import type { Asker } from './join-cluster.ts';

type Hearer = Pick<Founding, 'hear' | 'meet'>;

export class FounderQuestions {
  readonly #bootstrap: Bootstrap;
  readonly #asker: Asker;
  readonly #places: FounderPlaces;
  readonly #secureContext: SecureContext | undefined;
  /** URLs of which an answer is awaited. Bound: those that were named, and those of `FounderPlaces`. */
  readonly #open = new Set<string>();
  /** What was said last of each that was named; what was said of none stands under ''. Bound: those that are named now. */
  readonly #said = new Map<string, string>();

  constructor(bootstrap: Bootstrap, places: FounderPlaces, asker: Asker) {
    this.#bootstrap = bootstrap;
    this.#places = places;
    this.#asker = asker;
    this.#secureContext = tlsContext(bootstrap.joining.caller);
  }

  /** Returns at once; whoever answers is heard. That nobody is there is told as long as it keeps anything waiting. */
  ask(word: FoundingWord, hearer: Hearer): void {
    const { own } = this.#places;
    const isWaiting = word.state.foundation === null;
    const failed = isWaiting ? this.#tell : () => {};
    const body = JSON.stringify({ ...word, ...(own !== null && { clientUrl: own }) });
    const named = this.#bootstrap.joining
      .findMembers()
      .catch((error: unknown): readonly string[] => {
        failed('', error);
        return [];
      });
    named.then((urls) => this.#askAll(urls, body, { hearer, failed }));
  }

  #askAll(named: readonly string[], body: string, { failed, hearer }: Hearing): void {
    for (const url of this.#said.keys()) {
      if (url !== '' && !named.includes(url)) this.#said.delete(url);
    }
    for (const url of named) {
      this.#askOne(url, body, {
        heard: (text) => {
          this.#said.delete(url);
          hearAnswer(text, hearer);
        },
        failed: (error) => failed(url, error),
      });
    }
    for (const url of this.#places.urls) {
      // FO15: only what it says of itself counts. A cluster that it may be in is not one that this node was told to join.
      this.#askOne(url, body, { heard: (text) => hearWord(text, hearer), failed: () => {} });
    }
  }

  #askOne(url: string, body: string, { failed, heard }: Outcome): void {
    if (this.#open.has(url)) return;
    this.#open.add(url);
    this.#answerOf(url, body)
      .then((text) => {
        this.#places.met(url);
        this.#places.told(fieldsIn(text)?.others, url);
        heard(text);
      }, failed)
      .finally(() => this.#open.delete(url));
  }

  async #answerOf(url: string, body: string): Promise<string> {
    const { secret } = this.#bootstrap;
    const {
      body: text,
      headers,
      status,
    } = await askOverHttp(`${url}${FOUNDING_PATH}`, {
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
  readonly #tell = (url: string, error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#asker.context.interrupted.aborted || this.#said.get(url) === message) return;
    this.#said.set(url, message);
    const isRefusal = error instanceof RaftError && error.code !== 'RAFT_STOPPED';
    const where = url === '' ? {} : { url };
    this.#asker.log(isRefusal ? 'warn' : 'info', 'founding', { ...where, message });
  };
}

const FOREIGN = 'What listens there knows nothing of founding.';
const UNPROVEN = 'Its answer does not prove that it has the --cluster-secret-file of this node.';

function refusalIn(text: string): RaftError | null {
  const fields = fieldsIn(text);
  return fields === null ? null : errorIn(fields);
}

interface Hearing {
  readonly hearer: Hearer;
  readonly failed: (url: string, error: unknown) => void;
}

interface Outcome {
  readonly heard: (text: string) => void;
  readonly failed: (error: unknown) => void;
}

/** What is neither is as good as no answer. */
function hearAnswer(text: string, hearer: Hearer): void {
  const fields = fieldsIn(text);
  if (typeof fields?.clusterId === 'string') hearer.meet(fields.clusterId);
  hearWord(text, hearer);
}

function hearWord(text: string, hearer: Pick<Hearer, 'hear'>): void {
  const word = foundingWordIn(fieldsIn(text));
  if (word !== null) hearer.hear(word);
}
