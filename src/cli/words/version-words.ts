/** What `status` shows while the members know different things (UP3): a line that says who holds the others up. */
import type { Fields } from '../asking/json-fields.ts';
import { LINK_SENTENCE_LENGTH_MAX } from '../limits.ts';
import { shownBytes } from './shown-bytes.ts';

/**
 * Nothing if all that were heard know the same, or nothing is said of it, as by older builds. Who has not called yet has a
 * line of its own link: that it is old nobody knows.
 */
export function versionLines({ id, versions, links }: Fields): readonly string[] {
  const own = versionsIn(versions);
  if (own === null || !Array.isArray(links)) return [];
  const behind = links.flatMap((link) => {
    const fields = fieldsOf(link);
    const known = versionsIn(fields?.versions);
    return known !== null && isLess(known, own) ? [{ peer: String(fields?.peer), ...known }] : [];
  });
  if (behind.length === 0) return [];
  const machine = Math.min(own.machine, ...behind.map((each) => each.machine));
  const protocol = Math.min(own.protocol, ...behind.map((each) => each.protocol));
  const who = behind.map(({ peer }) => peer).join(', ');
  const text = `${id}: what needs more than version ${machine} of the store and peer protocol ${protocol} waits for ${who}`;
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
