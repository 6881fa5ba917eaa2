import { once } from 'node:events';
import { cluster, createNode, defineMachine } from 'raftchart';

const orders = cluster('orders')
  .member('n1', '127.0.0.1:4301')
  .member('n2', '127.0.0.1:4302')
  .member('n3', '127.0.0.1:4303')
  .timeouts({ electionTimeoutMinMs: 200, electionTimeoutMaxMs: 400, heartbeatIntervalMs: 25 });

const machine = defineMachine({
  initial: () => ({ placed: 0 }),
  commands: { place: (state, count: number) => (state.placed += count) },
  queries: {},
});

const id = process.argv[2] ?? 'n1';
await using node = await createNode(orders.of(id, { machine, dataDir: `orders-${id}` }));
await node.ready({ timeoutMs: 600_000 });
const { result } = await node.propose('place', 1);
console.log(`${id}: orders are up to ${result}`);
await once(process, 'SIGINT');
