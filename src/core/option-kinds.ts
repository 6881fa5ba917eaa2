/**
 * What the values of options must be: the one vocabulary in which everything is judged that callers hand over as
 * an object (EM12, EM17). Which names there are, `known-names.ts` judges; which values a call takes, its own file says.
 */
import { checkOptionNames } from './known-names.ts';
import { isCounter } from './types.ts';

/** What a value must be, in words; `null`: it is. */
export type Kind = (value: unknown) => string | null;
export type Kinds = Readonly<Record<string, Kind>>;

export const anything: Kind = () => null;
export const aBoolean: Kind = (value) => (typeof value === 'boolean' ? null : 'true or false');
export const aList: Kind = (value) => (Array.isArray(value) ? null : 'an array');
export const aCounter: Kind = (value) =>
  isCounter(value) ? null : 'a whole number that is not negative';
export const aWord: Kind = (value) =>
  typeof value === 'string' && value !== '' ? null : 'a string that is not empty';
export const anObject: Kind = (value) =>
  typeof value === 'object' && value !== null ? null : 'an object';
export const notNegative: Kind = (value) =>
  typeof value === 'number' && value >= 0 ? null : 'a number that is not negative';
/** Of whichever realm or library. */
export const aSignal: Kind = (value) => {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && 'aborted' in value && 'removeEventListener' in value ? null : 'an AbortSignal';
};

/** Both bounds are inclusive. */
export function aNumber(min: number, max = Number.POSITIVE_INFINITY): Kind {
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  return (value) =>
    typeof value === 'number' && value >= min && value <= max ? null : `a number ${range}`;
}

export function oneOf(...words: readonly string[]): Kind {
  return (value) =>
    typeof value === 'string' && words.includes(value) ? null : `one of ${words.join(', ')}`;
}

/**
 * The options as they are now, each read once, so that what was checked is what counts. Throws a `TypeError` unless
 * they are an object with these names only, and values of these kinds, or none.
 */
export function ownOptions<Options>(where: string, options: Options, kinds: Kinds): Options {
  checkOptionNames(where, options, Object.keys(kinds));
  const own = { ...options };
  for (const [name, given] of Object.entries(own)) {
    const wanted = given === undefined ? null : kinds[name]?.(given);
    if (wanted === null || wanted === undefined) continue;
    throw new TypeError(`${name} of ${where} must be ${wanted}; it is ${shown(given)}`);
  }
  return own;
}

function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? `${value}` : `a ${typeof value}`;
}
