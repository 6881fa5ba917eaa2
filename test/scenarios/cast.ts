/**
 * The opening of a play: who takes part and what everyone's disk holds, gathered from its first commands. With the
 * first command of any other kind the curtain rises.
 */
import { DEFAULT_LIMITS, DISK_STALL_MS, type Limits } from '../../src/core/limits.ts';
import { nodeId } from '../../src/core/types.ts';
import { DEFAULT_PROTOCOL } from '../../src/rules/timing.ts';
import type { Founding } from '../../src/testing/mini-cluster/founding.ts';
import { PlayError } from './play-error.ts';
import { memberNames, type PlantedFaults, type StageOptions } from './stage.ts';

/** More members than anyone needs to follow a story. */
const MEMBERS_MAX = 7;

export class Cast {
  #size = 0;
  readonly #logs = new Map<string, readonly number[]>();
  readonly #terms = new Map<string, number>();
  readonly #votes = new Map<string, string>();
  readonly #settings = new Map<string, number>();
  #leaseReads = false;

  /** False: it is no command of the opening. */
  take(name: string, words: readonly string[]): boolean {
    switch (name) {
      case 'cluster':
        this.#size = sizeOf(words);
        return true;
      case 'leases':
        this.#leaseReads = true;
        return true;
      case 'logs':
        return this.#each(words, (who, value) => this.#logs.set(who, termsOf(value)));
      case 'terms':
        return this.#each(words, (who, value) => this.#terms.set(who, countOf(value)));
      case 'votes':
        return this.#each(words, (who, value) => this.#votes.set(who, value));
      case 'limits':
        return this.#each(words, (what, value) => this.#settings.set(what, countOf(value)));
      default:
        return false;
    }
  }

  build(faults: PlantedFaults): StageOptions {
    if (this.#size === 0) throw new PlayError('a play begins with "cluster", which says how many');
    const names = memberNames(this.#size);
    const strangers = [...this.#logs.keys(), ...this.#terms.keys(), ...this.#votes.keys()].filter(
      (name) => !names.some((known) => known === name),
    );
    if (strangers.length > 0) throw new PlayError(`there is no member ${strangers[0]}`);
    return {
      founding: names.map((id) => this.#founding(id)),
      limits: this.#limits(),
      diskStallMs: this.#settings.get('stall') ?? DISK_STALL_MS,
      protocol: { ...DEFAULT_PROTOCOL, leaseReads: this.#leaseReads },
      faults,
    };
  }

  #founding(id: string): Founding {
    const log = this.#logs.get(id) ?? [];
    const vote = this.#votes.get(id);
    const term = Math.max(this.#terms.get(id) ?? 0, log.at(-1) ?? 0);
    return { id: nodeId(id), log, term, vote: vote === undefined ? null : nodeId(vote) };
  }

  #limits(): Partial<Limits> {
    const known = ['window', 'message', 'run', 'stall'];
    const unknown = [...this.#settings.keys()].find((name) => !known.includes(name));
    if (unknown !== undefined) throw new PlayError(`there is no limit "${unknown}"`);
    return {
      inflightMessagesMax: this.#settings.get('window') ?? DEFAULT_LIMITS.inflightMessagesMax,
      messageBytesMax: this.#settings.get('message') ?? DEFAULT_LIMITS.messageBytesMax,
      runBytesMax: this.#settings.get('run') ?? DEFAULT_LIMITS.runBytesMax,
    };
  }

  #each(words: readonly string[], take: (name: string, value: string) => void): true {
    for (const word of words) {
      const [name, value] = word.split('=');
      if (name === undefined || value === undefined) {
        throw new PlayError(`"${word}" is not of the shape name=value`);
      }
      take(name, value);
    }
    return true;
  }
}

function sizeOf([word = '']: readonly string[]): number {
  const size = countOf(word);
  if (size >= 1 && size <= MEMBERS_MAX) return size;
  throw new PlayError(`a cluster has 1 to ${MEMBERS_MAX} members`);
}

function termsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(',').map(countOf);
}

export function countOf(text: string): number {
  const count = Number(text.replace(/ms$/, ''));
  if (text !== '' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new PlayError(`"${text}" is not a number`);
}
