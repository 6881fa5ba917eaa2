/**
 * What leases cost that are kept alive: some clients hold so many that about so many are renewed each second, and the processor time of
 * each member is measured beside that of an idle cluster: `npm run lease-renewals -- --a-second 10000`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Lease } from '../../src/client/index.ts';
import { RENEWAL_JITTER, RENEWAL_SHARE } from '../../src/client/limits.ts';
import { wholeNumber, wordsOf } from '../command-words.ts';
import { ProcessCluster } from '../processes/process-cluster.ts';

const USAGE = `npm run lease-renewals --
  --a-second 10000  about so many renewals each second
  --clients 20      who hold the leases, each over a connection of its own
  --ttl-ms 10000    how long a lease lasts
  --seconds 10      measured for so long`;
const { values } = wordsOf(USAGE, {
  options: {
    'a-second': { type: 'string', default: '10000' },
    clients: { type: 'string', default: '20' },
    'ttl-ms': { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '10' },
  },
});
const aSecond = wholeNumber('a-second', values['a-second'], 1);
const clientCount = wholeNumber('clients', values.clients, 1);
const ttlMs = wholeNumber('ttl-ms', values['ttl-ms'], 1_000);
const seconds = wholeNumber('seconds', values.seconds, 1);

await using cluster = await ProcessCluster.start(3);
const leader = await cluster.leader();
const idle = await usage();
const pauseMs = ttlMs * RENEWAL_SHARE * (1 - RENEWAL_JITTER / 2);
const count = Math.ceil((aSecond * pauseMs) / 1_000);
const clients = Array.from({ length: clientCount }, () =>
  connect({ endpoints: [...cluster.endpoints] }),
);
const leases: Lease[] = [];
for (let at = 0; at < count; at += 500) {
  const some = Array.from({ length: Math.min(500, count - at) }, (_, place) =>
    clients[(at + place) % clientCount]?.grantLease({ ttlMs }),
  );
  for (const lease of await Promise.all(some))
    if (lease !== undefined) leases.push(lease.keepAlive());
}
// Until each was renewed at least once, and they are spread.
await pause(ttlMs);
const kept = await usage();
const lost = leases.filter(({ lost }) => lost.aborted).length;
console.log(
  `${leases.length} leases of ${ttlMs} ms over ${clientCount} connections, about ${aSecond} renewals a second; ${lost} lost`,
);
for (const [at, { id }] of cluster.members.entries()) {
  const [before = 0, now = 0] = [idle[at], kept[at]];
  const role = id === leader ? 'leads' : 'follows';
  console.log(`${id} ${role}: ${percent(now)} of a core, ${percent(before)} when idle`);
}
await Promise.all(clients.map((client) => client.close()));
if (lost > 0) process.exitCode = 1;

/** Of each member, the share of a core. */
async function usage(): Promise<readonly number[]> {
  const before = cluster.members.map(({ id }) => cluster.processorMs(id));
  const began = performance.now();
  await pause(seconds * 1_000);
  const ms = performance.now() - began;
  return cluster.members.map(({ id }, at) => (cluster.processorMs(id) - (before[at] ?? 0)) / ms);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
