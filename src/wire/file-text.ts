/**
 * The text of a file that is given by name. What is none is refused: opening a pipe waits for whoever writes it, and nothing, not even a
 * signal, ends that waiting (CL47).
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { GIVEN_FILE_BYTES_MAX } from './limits.ts';

/** Throws an `Error` that ends with the path, in the words of the system or in ours. */
export function textOfFile(path: string): string {
  // With it the opening of a pipe does not wait; where there are none (Windows), neither is there a name for it.
  const handle = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) throw new Error(`it is no file, '${path}'`);
    if (found.size > GIVEN_FILE_BYTES_MAX) throw new Error(`${TOO_LARGE}, '${path}'`);
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

export const TOO_LARGE = `it has more than ${GIVEN_FILE_BYTES_MAX} bytes`;
