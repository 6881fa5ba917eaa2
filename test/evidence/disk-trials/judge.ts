/**
 * Whether what was found on a damaged disk is what had to be found: all that was there, or all that the member had ever
 * acknowledged, or a refusal in words. A batch that was on the disk and not acknowledged yet, because the process
 * ended between the two, may be gone and may be there.
 */
import type { Look, OpenedLook } from './looker.ts';
import type { Promises } from './promises.ts';

/** What a directory held before the damage, and what of it was promised. */
export interface Before {
  readonly held: OpenedLook;
  readonly promises: Promises;
}

/** What is wrong with a directory before any damage: its log is behind its promises, or contradicts them. */
export function faultOfBase({ held, promises }: Before): string | null {
  const ahead = held.sequence - promises.sequence;
  const isLevel = ahead === 0 && contentOf(held) === contentOf(asPromised(held, promises));
  return isLevel || ahead === 1
    ? null
    : `undamaged, it holds ${JSON.stringify(held)} and has promised ${JSON.stringify(promises)}`;
}

/** What is wrong with a look at a damaged directory; `null` if nothing is. */
export function faultOfLook(before: Before, look: Look, directory: string): string | null {
  if (look.type !== 'opened') return faultOfClosedLook(look, directory);
  const { held, promises } = before;
  if (contentOf(look) === contentOf(held)) return null;
  const isAhead = held.sequence === promises.sequence + 1;
  if (isAhead && isAsPromised(look, before)) return null;
  return (
    `it opens with ${JSON.stringify(look)}, held ${JSON.stringify(held)}, ` +
    `and had promised ${JSON.stringify(promises)}`
  );
}

/** What is wrong with how a look failed to open a directory; `null` if it was refused as it should be. */
export function faultOfClosedLook(
  look: Exclude<Look, OpenedLook>,
  directory: string,
): string | null {
  switch (look.type) {
    case 'refused':
      return faultOfRefusal(look.code, look.message, directory);
    case 'failed':
      return `the store failed without a plan: ${look.message}`;
    case 'ended':
      return `the process that opened it ended by ${look.how}`;
  }
}

const ADVICE = /[Pp]ut back|[Ss]tart .*(version|again|node)/;

/** ST16: a refusal has one of two codes, names the directory and says what to do next. */
export function faultOfRefusal(code: string, message: string, directory: string): string | null {
  if (!['RAFT_LOG_REFUSED', 'RAFT_WRONG_IDENTITY'].includes(code)) {
    return `it is refused with ${code}: ${message}`;
  }
  const isHelpful = message.includes(directory) && ADVICE.test(message);
  return isHelpful ? null : `the refusal does not say where or what to do: ${message}`;
}

/** The last batch is gone. It may have brought peers, and cut what was there before it. */
function isAsPromised(look: OpenedLook, { held, promises }: Before): boolean {
  const { part } = held;
  const isCut = part === null || part.term !== promises.lastTerm;
  const { peers } = look;
  const entries = isCut ? look.entries : part.entries;
  return contentOf(look) === contentOf({ ...asPromised(held, promises), entries, peers });
}

function asPromised(
  held: OpenedLook,
  { lastIndex, term, votedFor }: Pick<Promises, 'lastIndex' | 'term' | 'votedFor'>,
): OpenedLook {
  return { ...held, lastIndex, term, votedFor };
}

function contentOf({ isNew, term, votedFor, firstIndex, lastIndex, ...rest }: OpenedLook): string {
  const { entries, peers } = rest;
  return JSON.stringify({ isNew, term, votedFor, firstIndex, lastIndex, entries, peers });
}
