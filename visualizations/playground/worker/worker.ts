/** The worker for plays and for seeds of the simulator; what only one of them needs is loaded when it is opened. */
import { serveOrders } from './serve-orders.ts';

serveOrders(async (run, text) => {
  switch (run.kind) {
    case 'seed': {
      const { startSeed } = await import('../engine/seed-run.ts');
      return (look) => startSeed(run, look);
    }
    case 'play': {
      const { startPlay } = await import('../engine/play/play-run.ts');
      return (look) => startPlay(text, look);
    }
    case 'cluster':
      throw new RangeError('a cluster of one’s own has a worker of its own');
  }
});
