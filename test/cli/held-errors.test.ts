/** A log whose reader does not read. */
import { expect, it } from 'vitest';
import { ERRORS_HELD_BYTES_MAX } from '../../src/cli/limits.ts';
import { writerTo } from '../../src/cli/words/held-errors.ts';

it('[SP16] who does not read standard error costs so many bytes, and is told how many lines are missing', () => {
  const taken: string[] = [];
  const reader = {
    writableLength: 0,
    write: (text: string) => {
      taken.push(text);
      reader.writableLength += text.length;
    },
  };
  const write = writerTo(reader, (lines) => write(`${lines} left out\n`));
  const line = `${'x'.repeat(1023)}\n`;
  const fitting = ERRORS_HELD_BYTES_MAX / line.length + 1;
  for (let count = 0; count < fitting + 7; count += 1) write(line);
  expect(taken).toHaveLength(fitting);
  reader.writableLength = 0;
  write('first\n');
  write('second\n');
  expect(taken.slice(fitting)).toEqual(['7 left out\n', 'first\n', 'second\n']);
});
