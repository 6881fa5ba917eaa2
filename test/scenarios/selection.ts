/**
 * Which messages a command is about: `[first|last] [type] [from n1 …] [to n2 …]`, or `n1 n2` for one direction.
 * Without words, all that are under way.
 */

import type { Envelope } from '../../src/testing/mini-cluster/held-network.ts';
import { MESSAGE_CODE } from '../../src/transport/message-fields.ts';
import { PlayError } from './play-error.ts';

const TYPES = Object.keys(MESSAGE_CODE);

interface Wanted {
  readonly type?: string;
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly only?: 'first' | 'last';
}

/** In the order in which they were sent. */
export function select(
  envelopes: readonly Envelope[],
  words: readonly string[],
): readonly Envelope[] {
  const wanted = parse(words);
  const fitting = envelopes.filter(({ from, to, message }) => {
    const isOfType = wanted.type === undefined || wanted.type === message.type;
    return isOfType && (wanted.from ?? [from]).includes(from) && (wanted.to ?? [to]).includes(to);
  });
  if (wanted.only === undefined) return fitting;
  return wanted.only === 'first' ? fitting.slice(0, 1) : fitting.slice(-1);
}

function parse(words: readonly string[], wanted: Wanted = {}): Wanted {
  const [word, next] = words;
  if (word === undefined) return wanted;
  if (word === 'first' || word === 'last') return parse(words.slice(1), { ...wanted, only: word });
  if (TYPES.includes(word)) return parse(words.slice(1), { ...wanted, type: word });
  if (word === 'from' || word === 'to') {
    const names = leadingNames(words.slice(1));
    if (names.length === 0) throw new PlayError(`"${word}" whom?`);
    return parse(words.slice(1 + names.length), { ...wanted, [word]: names });
  }
  if (next === undefined || !isName(word) || !isName(next)) {
    throw new PlayError(`"${word}" selects no messages`);
  }
  return parse(words.slice(2), { ...wanted, from: [word], to: [next] });
}

function leadingNames(words: readonly string[]): readonly string[] {
  const end = words.findIndex((word) => !isName(word));
  return end === -1 ? words : words.slice(0, end);
}

function isName(word: string): boolean {
  return /^n\d$/.test(word);
}
