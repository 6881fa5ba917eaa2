import { once } from 'node:events';
import { createNode, defineMachine } from 'raftchart';

const counter = defineMachine({
  initial: () => ({ count: 0 }),
  commands: { add: (state, by: number) => (state.count += by) },
  queries: { count: (state) => state.count },
});

const id = process.argv[2] ?? 'n1';
const peers = { n1: '127.0.0.1:4301', n2: '127.0.0.1:4302', n3: '127.0.0.1:4303' };
await using node = await createNode({ id, peers, dataDir: `data-${id}`, machine: counter });
node.on('role', ({ role, term, leader }) => console.log(id, { role, term, leader }));
await node.ready({ timeoutMs: 600_000 });
const { result } = await node.propose('add', 1);
console.log(`${id} counted to ${result}`);
await once(process, 'SIGINT');
