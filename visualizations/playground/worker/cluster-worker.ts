/** The worker for a cluster of one's own: what everyone sees first. It is built alone, so that it holds nothing else. */
import { startCluster } from '../engine/cluster-run.ts';
import { serveOrders } from './serve-orders.ts';

serveOrders((run) => {
  if (run.kind !== 'cluster') throw new RangeError(`this worker runs no ${run.kind}`);
  return (look) => startCluster(run, look);
});
