/** The lines of a stream of bytes, each as soon as it is whole, with where in the stream it ends. */
import { usageFailure } from '../failures/cli-failure.ts';
import { LINE_BYTES_MAX } from '../limits.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
  /** How many bytes of the stream there are through its end. */
  readonly endsAt: number;
}

const NEW_LINE = 10;

export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 1;
  let endsAt = 0;
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEW_LINE); to >= 0; to = chunk.indexOf(NEW_LINE, from)) {
      const bytes = Buffer.concat([...begun, chunk.subarray(from, to)]);
      endsAt += bytes.length + 1;
      yield { number, bytes, endsAt };
      number += 1;
      from = to + 1;
      begun = [];
      begunBytes = 0;
    }
    begun.push(chunk.subarray(from));
    begunBytes += chunk.length - from;
    if (begunBytes > LINE_BYTES_MAX) throw tooLong(number);
  }
  if (begunBytes > 0) {
    yield { number, bytes: Buffer.concat(begun), endsAt: endsAt + begunBytes };
  }
}

function tooLong(number: number): Error {
  return usageFailure(`Line ${number} has more than ${LINE_BYTES_MAX} bytes.`);
}
