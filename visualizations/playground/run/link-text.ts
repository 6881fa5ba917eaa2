/** Text in a link: what may stand there, and what is said of what may not. */

const TEXT_CHARACTERS_MAX = 200;

/** What was wrong with a link, for the person who opened it. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

export function wordFrom(text: unknown, what: string, least = 1): string {
  if (typeof text !== 'string') throw new LinkError(`Only text is ${what}.`);
  if (text.length >= least && text.length <= TEXT_CHARACTERS_MAX) return text;
  throw new LinkError(`It takes ${least} to ${TEXT_CHARACTERS_MAX} characters to be ${what}.`);
}
