/** Text for a manual page: whatever it holds is shown, and none of it taken for a request to the typesetter. */

const SPELT: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** One line. A hyphen is that of a command line, to be copied as it is shown. */
export function plain(text: string): string {
  const spelt = text.replaceAll(/[\\'"`^~-]|[^ -~]/gu, spellingOf);
  return spelt.startsWith('.') ? `\\&${spelt}` : spelt;
}

function spellingOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return SPELT[character] ?? `\\[u${code}]`;
}

export function bold(text: string): string {
  return `\\fB${plain(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${plain(text)}\\fR`;
}
