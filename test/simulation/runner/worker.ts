/** A process of its own for runs: takes seeds from its parent, one at a time, and sends back what came of each. */
import { Coverage } from './coverage.ts';
import { runSeed } from './run-seed.ts';
import { tallyOf } from './tally.ts';
import type { Answer, Order } from './worker-messages.ts';

let running = 'none';

process.on('message', (order: Order) => {
  running = order.seed;
  answer(order).catch(broke);
});

process.on('unhandledRejection', broke);

// Ctrl-C reaches the whole group: the parent stops giving seeds, and the last ones are finished.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));

/** Names the seed, also of what nobody waited for. */
function broke(error: unknown): never {
  const what = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`seed=${running}: the simulation itself broke: ${what}\n`);
  process.exit(1);
}

async function answer({ seed, mutant, isWatched }: Order): Promise<void> {
  const coverage = new Coverage();
  const watching = isWatched ? { instruments: coverage.instruments } : {};
  const report = await runSeed(seed, { mutant, ...watching });
  const { hash, violation, sometimes } = report;
  const result: Answer = {
    seed,
    hash,
    violation: violation?.message ?? null,
    tally: tallyOf(report),
    sometimes,
    ways: [...coverage.taken],
  };
  process.send?.(result);
}
