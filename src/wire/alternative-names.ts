/** The URIs among the names of a certificate, as Node.js lists them: a list in which what is quoted may look like all of it (TL6). */

/** `DNS:a, URI:"quoted, as it holds a comma", IP Address:::1`, from its beginning. */
const ALTERNATIVE = /([A-Za-z0-9 .]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** None, if anything in the list cannot be read. */
export function urisIn(alternatives: string): readonly string[] {
  const uris: string[] = [];
  ALTERNATIVE.lastIndex = 0;
  while (ALTERNATIVE.lastIndex < alternatives.length) {
    const found = ALTERNATIVE.exec(alternatives);
    if (found === null) return [];
    if (found[1] === 'URI' && found[2] !== undefined) uris.push(found[2]);
  }
  return uris;
}
