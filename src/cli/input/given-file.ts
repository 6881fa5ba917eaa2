/**
 * What an option names a file for that is read whole, at once: a token, a secret, a certificate. What a shell hands over (`<(…)`) is read
 * to its end; another pipe would be waited for where nothing, not even a signal, ends the waiting, and is refused (CL47).
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { GIVEN_FILE_BYTES_MAX } from '../limits.ts';

/** What a shell hands over by a number: it is written already, or about to be. */
export const HANDED_OVER = /^\/(?:dev|proc)\//;

/** A pipe gives what is in it once; a command may ask for it again. Bound: the options that there are. */
const fromPipes = new Map<string, string>();

/** Throws an `Error` in the words of the system, or in ours. */
export function textInFile(path: string): string {
  const known = fromPipes.get(path);
  if (known !== undefined) return known;
  if (isFile(path)) return textIn(path);
  if (!HANDED_OVER.test(path)) throw new Error('it is no file');
  const text = textIn(path);
  fromPipes.set(path, text);
  return text;
}

function isFile(path: string): boolean {
  // Whoever opens a pipe without this waits for its writer.
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return fstatSync(handle).isFile();
  } finally {
    closeSync(handle);
  }
}

function textIn(path: string): string {
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
  throw new Error(`it has more than ${GIVEN_FILE_BYTES_MAX} bytes`);
}
