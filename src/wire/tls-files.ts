/**
 * Certificates and keys in files that somebody renews: they are looked at now and then, and at once when told, since
 * a program that renews them replaces files and knows of no process. What is broken or half written is not
 * taken: the old material stays in use, and that is said (TL5).
 */
import { RaftError } from '../core/errors.ts';
import { checkOptionNames } from '../core/known-names.ts';
import { textOf } from '../core/thrown-text.ts';
import type { TlsMaterial, TlsSource } from '../ports/tls.ts';
import { textOfFile } from './file-text.ts';
import { TLS_LOOK_INTERVAL_MS } from './limits.ts';
import { endOfCertificate, problemWithTls } from './tls-material.ts';

export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** What became of a look at the files. */
export type TlsReload =
  | { readonly type: 'taken'; readonly endsAt: Date }
  | { readonly type: 'refused'; readonly reason: string };

export interface TlsFilesOptions extends TlsPaths {
  /** Told when other files were found: they are in use from then on, or refused and the old ones stay. */
  readonly onReload?: (reload: TlsReload) => void;
  /** How often the files are looked at, in milliseconds. Default 10,000. */
  readonly lookIntervalMs?: number;
}

/** Reads PEM files now, and again when they change. Throws a `RaftError` if they cannot be used. `close` ends the looking. */
export function tlsFiles(options: TlsFilesOptions): TlsFiles {
  checkOptionNames('tlsFiles', options, NAMES);
  return new TlsFiles(options);
}

const NAMES = ['cert', 'key', 'ca', 'onReload', 'lookIntervalMs'];

export class TlsFiles implements TlsSource {
  readonly #paths: TlsPaths;
  readonly #onReload: (reload: TlsReload) => void;
  readonly #listeners = new Set<() => void>();
  readonly #looking: NodeJS.Timeout;
  #current: TlsMaterial;
  /** What was found at the last look, taken or not: the same is not refused twice. */
  #found: string;

  constructor({
    onReload = () => {},
    lookIntervalMs = TLS_LOOK_INTERVAL_MS,
    ...paths
  }: TlsFilesOptions) {
    this.#paths = paths;
    this.#onReload = onReload;
    const found = contentOf(paths);
    if (typeof found === 'string') throw new RaftError('RAFT_BAD_REQUEST', `${found}.`);
    this.#current = found;
    this.#found = sumUp(found);
    this.#looking = setInterval(() => this.#look(), lookIntervalMs).unref();
  }

  get current(): TlsMaterial {
    return this.#current;
  }

  get endsAt(): Date {
    return endOfCertificate(this.#current.cert);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at the files now, and says what became of it, also if nothing has changed. */
  reload(): void {
    this.#found = '';
    this.#look();
  }

  close(): void {
    clearInterval(this.#looking);
    this.#listeners.clear();
  }

  #look(): void {
    const content = contentOf(this.#paths);
    const found = sumUp(content);
    if (found === this.#found) return;
    this.#found = found;
    if (typeof content === 'string') return this.#onReload({ type: 'refused', reason: content });
    this.#current = content;
    for (const listener of this.#listeners) listener();
    this.#onReload({ type: 'taken', endsAt: this.endsAt });
  }
}

/** A `string` says why it cannot be used. */
function contentOf({ ca, cert, key }: TlsPaths): TlsMaterial | string {
  try {
    const material = {
      cert: textIn(cert, 'certificate'),
      key: textIn(key, 'key'),
      ...(ca !== undefined && { ca: textIn(ca, 'certificate of the authority') }),
    };
    const problem = problemWithTls(material);
    const files = [cert, key, ca].filter((path) => path !== undefined).join(', ');
    return problem === null ? material : `Of ${files}, ${problem}`;
  } catch (error) {
    return textOf(error);
  }
}

/** Which of the files it is a path alone does not say. */
function textIn(path: string, what: string): string {
  try {
    return textOfFile(path);
  } catch (error) {
    throw new Error(`The ${what} cannot be read: ${textOf(error)}`);
  }
}

/** The same for the same content. */
function sumUp(content: TlsMaterial | string): string {
  return JSON.stringify(content);
}
