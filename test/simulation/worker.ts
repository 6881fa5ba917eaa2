/** A process of its own for runs: takes seeds from its parent, one at a time, and sends back what came of each. */
import { tallyOf } from '../../src/testing/simulation/tally.ts';
import { runSeed } from './run-seed.ts';
import type { Answer, Order } from './worker-messages.ts';

process.on('message', ({ seed, mutant }: Order) => {
  runSeed(seed, { mutant }).then(
    (report) => {
      const { hash, violation } = report;
      answer({ seed, hash, violation: violation?.message ?? null, tally: tallyOf(report) });
    },
    (error: unknown) => {
      process.stderr.write(`seed=${seed}: the simulation itself broke: ${String(error)}\n`);
      process.exit(1);
    },
  );
});

process.on('disconnect', () => process.exit(0));

function answer(result: Answer): void {
  process.send?.(result);
}
