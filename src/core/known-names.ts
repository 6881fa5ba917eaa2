/**
 * Names that callers write: a mistyped one is answered with the one that was probably meant. What nobody
 * knows is refused and never ignored, since an option that is ignored is a condition that does not hold (EM12).
 */

import { NAMES_LISTED_MAX } from './limits.ts';

/** One letter too many, too few, changed or swapped, another case, or the beginning of the name. */
export function isNear(name: string, given: string): boolean {
  if (name.toLowerCase() === given.toLowerCase()) return true;
  if (given.length >= 3 && name.startsWith(given)) return true;
  if (Math.abs(name.length - given.length) > 1) return false;
  let from = 0;
  while (from < name.length && name[from] === given[from]) from += 1;
  let tail = 0;
  const room = Math.min(name.length, given.length) - from;
  while (tail < room && name.at(-1 - tail) === given.at(-1 - tail)) tail += 1;
  return Math.max(name.length, given.length) - from - tail <= 2;
}

/** What to write instead of `given`: the nearest name, or all that there are. */
export function whatIsKnown(given: string, known: readonly string[]): string {
  if (known.length === 0) return 'there is none';
  const near = known.find((name) => isNear(name, given));
  const listed = known.slice(0, NAMES_LISTED_MAX).join(', ');
  const all = `known: ${listed}${known.length > NAMES_LISTED_MAX ? ', …' : ''}`;
  return near === undefined ? all : `did you mean ${near}? (${all})`;
}

/** Throws a `TypeError` unless `options` is an object with no other names than these; `where` begins the sentence. */
export function checkOptionNames(
  where: string,
  options: unknown,
  known: readonly string[],
): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where} takes options as an object: { ${known.join(', ')} }`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${where} has no option ${name}: ${whatIsKnown(name, known)}`);
  }
}
