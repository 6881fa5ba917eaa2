/**
 * Bytes on a terminal: text as it is, with what would disturb a line escaped; anything else as hexadecimal, so
 * that a value can never move the cursor or change a colour (CL17).
 */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/gu;

/** At most `charactersMax` characters, the last of them an ellipsis if something was left out. */
export function shownBytes(bytes: Uint8Array, charactersMax: number): string {
  const characters = [...textOf(bytes)];
  if (characters.length <= charactersMax) return characters.join('');
  return `${characters.slice(0, charactersMax - 1).join('')}…`;
}

function textOf(bytes: Uint8Array): string {
  try {
    return shownText(strictUtf8.decode(bytes));
  } catch {
    return `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }
}

export function shownText(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/**
 * A sentence that others may have had a word in, as it is but for what could disturb a terminal. Its lines but the first are
 * indented, so that none can be taken for a message of its own.
 */
export function harmless(sentence: string): string {
  return sentence.replace(UNPRINTABLE, (character) => {
    if (character === '\n') return '\n  ';
    return character === '\\' ? character : escapeCharacter(character);
  });
}

function escapeCharacter(character: string): string {
  const quoted = JSON.stringify(character).slice(1, -1);
  if (quoted !== character) return quoted;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
