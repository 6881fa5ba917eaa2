/**
 * What an option names a file for that is read whole, at once: a token, a secret, a certificate. What a shell hands over (`<(…)`) is read
 * to its end; another pipe is refused (CL47).
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { TOO_LARGE, textOfFile } from '../../wire/file-text.ts';
import { GIVEN_FILE_BYTES_MAX } from '../../wire/limits.ts';

/** What a shell hands over by a number: it is written already, or about to be. */
export const HANDED_OVER = /^\/(?:dev|proc)\//;

/** A pipe gives what is in it once; a command may ask for it again. Bound: the options that there are. */
const handedOver = new Map<string, string>();

/** Throws an `Error` in the words of the system, or in ours. */
export function textInFile(path: string): string {
  if (!HANDED_OVER.test(path)) return textOfFile(path);
  const text = handedOver.get(path) ?? textUntilEnd(path);
  handedOver.set(path, text);
  return text;
}

function textUntilEnd(path: string): string {
  const handle = openSync(path, 'r');
  try {
    const content = Buffer.alloc(GIVEN_FILE_BYTES_MAX + 1);
    for (let length = 0; length < content.length; ) {
      const bytes = readSync(handle, content, length, content.length - length, null);
      if (bytes === 0) return content.toString('utf8', 0, length);
      length += bytes;
    }
  } finally {
    closeSync(handle);
  }
  throw new Error(TOO_LARGE);
}
