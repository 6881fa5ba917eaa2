/**
 * `npm run bench:commands`: what it costs in a node of one's own that inputs are checked and copied, and that
 * results are copies: nanoseconds for each command on its way in, on each replica, and back to a caller. Beside each
 * stands what plain `msgpackr` takes, which checks nothing and shares the bytes. Prints a table; it judges nothing.
 */
import { Packr } from 'msgpackr';
import { decodeCall, encodeCall } from '../../../src/library/call-codec.ts';
import { resultCopy } from '../../../src/library/result-copy.ts';
import { wordsOf } from '../../command-words.ts';
import { tableOf } from '../screen.ts';

wordsOf('npm run bench:commands takes no words: it prints one table.', { options: {} });

const BATCH = 2_000;
const BATCHES = 60;
const packr = new Packr({ useRecords: false, moreTypes: true });

const INPUTS: Readonly<Record<string, unknown>> = {
  'a number': 1,
  'an object': { id: 'u1', name: 'Anna', tags: ['a', 'b'], age: 3 },
  '200 letters': 'x'.repeat(200),
  '256 bytes': Buffer.alloc(256, 7),
  '100,000 bytes': Buffer.alloc(100_000, 7),
};

/** The quickest of many batches: what the machine can do when nobody else wants it. */
function nanosecondsOf(call: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const begun = performance.now();
    for (let run = 0; run < BATCH; run += 1) call();
    best = Math.min(best, ((performance.now() - begun) * 1e6) / BATCH);
  }
  return Math.round(best);
}

/** A command as it lies in a run: a part of a larger block, seen anew each time. */
function inRun(data: Uint8Array): () => Uint8Array {
  const run = Buffer.concat([Buffer.alloc(8), data, Buffer.alloc(8)]);
  return () => run.subarray(8, 8 + data.length);
}

const rows = Object.entries(INPUTS).map(([name, input]) => {
  const ours = inRun(encodeCall('add', input));
  const theirs = inRun(packr.pack(['add', input]));
  const cells = [
    nanosecondsOf(() => encodeCall('add', input)),
    nanosecondsOf(() => new Uint8Array(packr.pack(['add', input]))),
    nanosecondsOf(() => decodeCall(ours())),
    nanosecondsOf(() => packr.unpack(theirs())),
    nanosecondsOf(() => resultCopy(input)),
  ];
  return [name, ...cells.map(String)];
});
console.log(tableOf([['ns for each', 'write', 'msgpackr', 'read', 'msgpackr', 'result'], ...rows]));
