/** Bytes as one word of a command line, to be pasted into a shell (CL38). */
import { shownBytes } from './shown-bytes.ts';

const NEEDS_NO_QUOTES = /^[A-Za-z0-9_./:@%+,-]+$/;

/** `null`: no word says them, since they are no text, or hold what would disturb a line. */
export function shellWord(bytes: Uint8Array): string | null {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (NEEDS_NO_QUOTES.test(text)) return text;
  const isShownAsItIs =
    shownBytes(bytes, Number.POSITIVE_INFINITY) === text.replaceAll('\\', '\\\\');
  return isShownAsItIs ? `'${text.replaceAll("'", "'\\''")}'` : null;
}
