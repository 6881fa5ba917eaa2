/**
 * Standard error as whoever reads it takes it. Node holds what is not read without end, and so the memory of a node would be that of its log's reader: past a
 * bound lines are left out (SP16), and counted in one line once more are read.
 */
import type { Writable } from 'node:stream';
import { ERRORS_HELD_BYTES_MAX } from '../limits.ts';

type Reader = Pick<Writable, 'writableLength'> & { readonly write: (text: string) => unknown };

export function writerTo(reader: Reader): (text: string) => void {
  let lines = 0;
  return (text) => {
    if (reader.writableLength > ERRORS_HELD_BYTES_MAX) {
      lines += 1;
      return;
    }
    if (lines > 0) {
      const leftOut = { level: 'warn', event: 'leftOut', of: 'unread', lines };
      reader.write(`${JSON.stringify(leftOut)}\n`);
    }
    lines = 0;
    reader.write(text);
  };
}
