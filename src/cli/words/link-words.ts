/** What `status` shows of a node's links to the other members: a cell that counts, and a line for each that is down. */
import { LINK_SENTENCE_LENGTH_MAX } from '../limits.ts';
import { shownBytes } from './shown-bytes.ts';

interface Link {
  readonly peer: string;
  readonly state: string;
  readonly problem: string | null;
  readonly reason: string | null;
}

/** `2/2`: so many of the other members are connected and give no trouble; `null` if nothing is said of them. */
export function linksCell(links: unknown): string | null {
  if (!Array.isArray(links)) return null;
  const read = links.map(linkFrom);
  return `${read.filter((link) => link !== null && isWell(link)).length}/${read.length}`;
}

/** One line for each link that is down or in trouble, with what is known about it. */
export function linkLines(id: unknown, links: unknown): readonly string[] {
  const read = Array.isArray(links) ? links.map(linkFrom) : [];
  return read.flatMap((link) => (link === null || isWell(link) ? [] : [lineOf(String(id), link)]));
}

function isWell({ state, problem }: Link): boolean {
  return state === 'open' && problem === null;
}

function lineOf(id: string, { peer, state, problem, reason }: Link): string {
  const text = `${id} → ${peer}: ${problem ?? state}${reason === null ? '' : `, ${reason}`}`;
  return `${shownBytes(new TextEncoder().encode(text), LINK_SENTENCE_LENGTH_MAX)}\n`;
}

/** `null` for what no server of ours says. */
function linkFrom(link: unknown): Link | null {
  if (!(link instanceof Object)) return null;
  const fields: Readonly<Record<string, unknown>> = { ...link };
  const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    peer: String(fields.peer),
    state: String(fields.state),
    problem: textOrNull(fields.problem),
    reason: textOrNull(fields.reason),
  };
}
