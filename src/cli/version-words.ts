/** What `status` shows while the members know different things (UP3): a line that says who holds the others up. */
import { LINK_SENTENCE_LENGTH_MAX } from './limits.ts';
import { shownBytes } from './shown-bytes.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Nothing if all know the same, or nothing is said of it, as by older builds. */
export function versionLines({ id, versions, links }: Fields): readonly string[] {
  const own = versionsIn(versions);
  const lowest = versionsIn(fieldsOf(versions)?.lowest);
  if (own === null || lowest === null || !Array.isArray(links) || !isLess(lowest, own)) return [];
  const behind = links.map(fieldsOf).filter((link) => {
    const known = versionsIn(link?.versions);
    return link !== null && (known === null || isLess(known, own));
  });
  const who = behind.map((link) => String(link?.peer)).join(', ');
  const text = `${id}: what needs more than version ${lowest.machine} of the store and peer protocol ${lowest.protocol} waits for ${who}`;
  return [`${shownBytes(new TextEncoder().encode(text), LINK_SENTENCE_LENGTH_MAX)}\n`];
}

interface Versions {
  readonly protocol: number;
  readonly machine: number;
}

function isLess(known: Versions, than: Versions): boolean {
  return known.protocol < than.protocol || known.machine < than.machine;
}

function versionsIn(value: unknown): Versions | null {
  const { protocol, machine } = fieldsOf(value) ?? {};
  return typeof protocol === 'number' && typeof machine === 'number' ? { protocol, machine } : null;
}

function fieldsOf(value: unknown): Fields | null {
  return value instanceof Object ? { ...value } : null;
}
