/** Runs seeds in several processes at once, each on a core of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutants.ts';
import type { Answer, Order } from './worker-messages.ts';

/** Workers run compiled, as this file does: what runs TypeScript as it is costs a third of the speed. */
const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));

export interface PoolOptions {
  readonly processes: number;
  readonly mutant: Mutant | null;
  /** The next seed; `null`: there are no more. */
  readonly nextSeed: () => string | null;
  readonly answered: (answer: Answer) => void;
  /** One run in so many is watched for coverage; 0: none. */
  readonly watchedOneIn: number;
}

/** Resolves when every seed has been answered. Rejects if a worker ends before its time. */
export async function runPool(options: PoolOptions): Promise<void> {
  const workers = Array.from({ length: options.processes }, () => startWorker());
  try {
    await Promise.all(workers.map((worker) => feed(worker, options)));
  } finally {
    for (const worker of workers) worker.kill();
  }
}

function startWorker(): ChildProcess {
  return fork(WORKER, [], {
    execArgv: ['--enable-source-maps', '--max-semi-space-size=64'],
  });
}

function feed(worker: ChildProcess, options: PoolOptions): Promise<void> {
  const { mutant, nextSeed, answered, watchedOneIn } = options;
  let count = 0;
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const seed = nextSeed();
      if (seed === null) return resolve();
      const isWatched = watchedOneIn > 0 && count % watchedOneIn === 0;
      count += 1;
      const order: Order = { seed, mutant, isWatched };
      worker.send(order);
    };
    worker.on('message', (answer: Answer) => {
      answered(answer);
      next();
    });
    worker.on('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
    next();
  });
}
