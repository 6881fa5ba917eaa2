/**
 * Standard error as whoever reads it takes it. Node holds what is not read without end, and so the memory of a node would be that of its log's reader: past a
 * bound lines are left out (SP16), and counted in one line once more are read.
 */
import type { Writable } from 'node:stream';
import { ERRORS_HELD_BYTES_MAX } from '../limits.ts';

type Reader = Pick<Writable, 'writableLength'> & { readonly write: (text: string) => unknown };

/** `tellLeftOut` is called before the next text that is written, and may itself write by what is returned here. */
export function writerTo(
  reader: Reader,
  tellLeftOut: (lines: number) => void,
): (text: string) => void {
  let lines = 0;
  return (text) => {
    if (reader.writableLength > ERRORS_HELD_BYTES_MAX) {
      lines += 1;
      return;
    }
    const leftOut = lines;
    lines = 0;
    if (leftOut > 0) tellLeftOut(leftOut);
    reader.write(text);
  };
}
