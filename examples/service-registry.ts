import { createServer } from 'node:http';
import { connect } from 'raftchart/client';

// Start it several times: each serves at a port of its own, and knows where all others are, as they come and go.
const endpoints = (process.env.RAFTCHART_ENDPOINTS ?? 'http://127.0.0.1:4100').split(',');
const [name = `${process.pid}`] = process.argv.slice(2);
const ending = new AbortController();
process.once('SIGINT', () => ending.abort());
await using kv = connect({ endpoints });
const server = createServer((_, response) => response.end(`this is ${name}\n`));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const bound = server.address();
const port = typeof bound === 'object' ? bound?.port : bound;
await using _ = await kv.register('greeter', `http://127.0.0.1:${port}`, { ttlMs: 2_000 });
for await (const addresses of kv.resolve('greeter', { signal: ending.signal })) {
  const greetings = addresses.map(async (address) => (await fetch(address)).text());
  const told = (await Promise.allSettled(greetings)).map((one) =>
    one.status === 'fulfilled' ? one.value.trim() : 'nobody',
  );
  console.log(`${name}: ${told.sort().join(', ')}`);
}
server.close();
