/** Several processes at once, each on a core of its own, that take one order after the other. */
import { type ChildProcess, fork, type Serializable } from 'node:child_process';

interface PoolOptions<Order extends Serializable, Answer> {
  /** Workers run compiled: what runs TypeScript as it is costs a third of the speed. */
  readonly worker: URL;
  readonly processes: number;
  /** The next order, for whichever worker asks first; `null`: there are no more. */
  readonly nextOrder: () => Order | null;
  readonly answered: (answer: Answer) => void;
}

/** Resolves when every order has been answered. Rejects if a worker ends before its time. */
export async function runPool<Order extends Serializable, Answer>(
  options: PoolOptions<Order, Answer>,
): Promise<void> {
  const workers = Array.from({ length: options.processes }, () => startWorker(options.worker));
  try {
    await Promise.all(workers.map((worker) => feed(worker, options)));
  } finally {
    for (const worker of workers) worker.kill();
  }
}

function startWorker(worker: URL): ChildProcess {
  return fork(worker, [], {
    execArgv: ['--enable-source-maps', '--min-semi-space-size=64', '--max-semi-space-size=128'],
  });
}

function feed<Order extends Serializable, Answer>(
  worker: ChildProcess,
  { nextOrder, answered }: PoolOptions<Order, Answer>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const order = nextOrder();
      if (order === null) return resolve();
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
