/**
 * The query of a request, read strictly: a parameter that is unknown, given twice, broken or out of
 * range is an error that names it (SV8). Silently ignoring `?revison=7` would answer another question.
 */
import { badRequest } from '../../errors.ts';
import { percentDecode } from './percent-decoding.ts';

/** Names are decoded text, values decoded bytes: prefixes and keys need not be UTF-8. */
export type Query = ReadonlyMap<string, Uint8Array>;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function readQuery(url: string, known: readonly string[]): Query {
  const query = new Map<string, Uint8Array>();
  const from = url.indexOf('?');
  const text = from < 0 ? '' : (url.slice(from + 1).split('#')[0] ?? '');
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const cut = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const name = decodeName(pair.slice(0, cut));
    if (!known.includes(name)) throw badRequest(unknownParameter(name, known));
    if (query.has(name)) throw badRequest(`The query names ${name} twice. Name it once.`);
    const value = percentDecode(pair.slice(cut + 1), { plusIsSpace: true });
    if (value === null) throw badRequest(brokenEscape(`The query parameter ${name}`));
    query.set(name, value);
  }
  return query;
}

export function brokenEscape(where: string): string {
  return `${where} holds a '%' that is not followed by two hexadecimal digits. Write a literal '%' as %25.`;
}

export function textParameter(query: Query, name: string): string | null {
  const bytes = query.get(name);
  if (bytes === undefined) return null;
  const text = decodeUtf8(bytes);
  if (text === null) throw badRequest(`The query parameter ${name} is not UTF-8.`);
  return text;
}

/** `null` if the bytes are not UTF-8; nothing is ever replaced. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

export function wholeParameter(
  query: Query,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | null {
  const text = textParameter(query, name);
  if (text === null) return null;
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw badRequest(
    `The query parameter ${name} must be a whole number from ${bounds.min} to ${bounds.max}; it is ${JSON.stringify(text)}.`,
  );
}

export function choiceParameter<const Word extends string>(
  query: Query,
  name: string,
  words: readonly Word[],
): Word | null {
  const text = textParameter(query, name);
  if (text === null) return null;
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  const named = words.filter((each) => each !== '');
  throw badRequest(
    `The query parameter ${name} must be one of ${named.join(', ')}; it is ${JSON.stringify(text)}.`,
  );
}

/** `?keysOnly`, `?keysOnly=true` and `?keysOnly=false`. */
export function flagParameter(query: Query, name: string): boolean {
  return ['', 'true'].includes(choiceParameter(query, name, ['', 'true', 'false']) ?? 'false');
}

function decodeName(text: string): string {
  const bytes = percentDecode(text, { plusIsSpace: true });
  const name = bytes === null ? null : decodeUtf8(bytes);
  if (name === null) throw badRequest(brokenEscape('A query parameter’s name'));
  return name;
}

function unknownParameter(name: string, known: readonly string[]): string {
  const list = known.length === 0 ? 'This request takes none.' : `Known: ${known.join(', ')}.`;
  return `The query parameter ${JSON.stringify(name)} is not known here. ${list}`;
}
