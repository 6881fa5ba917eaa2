/** Which keys a command means, by its options; and how it goes on behind one of them. */
import type { ReadOptions } from '../../client/index.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import type { OptionValues } from '../options/option-table.ts';
import { shellWord } from '../words/shell-word.ts';

interface Narrowing {
  readonly prefix: string | null;
  readonly start: string | Uint8Array | null;
  readonly end: string | null;
}
type Selection = { readonly [Bound in keyof Narrowing]?: NonNullable<Narrowing[Bound]> };

/** Every key unless narrowed down. */
export function selection({ prefix, start, end }: Narrowing): Selection {
  if (prefix === null && start === null && end === null) return { prefix: '' };
  return {
    ...(prefix !== null && { prefix }),
    ...(start !== null && { start }),
    ...(end !== null && { end }),
  };
}

/** `--after KEY` begins where a list that ended with it goes on. */
export function beginning({
  start,
  after,
}: OptionValues<'start' | 'after'>): string | Uint8Array | null {
  if (after === null) return start;
  if (start !== null) throw usageFailure('--start and --after are two beginnings: give one.');
  return keyAfter(new TextEncoder().encode(after));
}

/** The least key that is greater. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** The options with which a list goes on behind its last key, as one pastes them into a shell (CL38). */
export function goOnWith(lastKey: Uint8Array, revision: number): string {
  const word = shellWord(lastKey);
  return word === null
    ? `--start at a key behind the last one, which no word can name, and --revision ${revision}`
    : `--after=${word} --revision ${revision}`;
}

/** How new the answer has to be. */
export function freshness(
  values: OptionValues<'at-least' | 'consistency'>,
): Pick<ReadOptions, 'atLeast' | 'consistency'> {
  const { consistency, 'at-least': atLeast } = values;
  if (atLeast !== null && consistency !== null && consistency !== 'local') {
    throw usageFailure('--at-least is what a local read waits for. Leave --consistency out.');
  }
  return { ...(consistency !== null && { consistency }), ...(atLeast !== null && { atLeast }) };
}
