import { setTimeout as work } from 'node:timers/promises';
import { connect } from 'raftchart/client';

// Start it several times: one works at a time, in the order in which they came, whoever is killed meanwhile.
const endpoints = (process.env.RAFTCHART_ENDPOINTS ?? 'http://127.0.0.1:4100').split(',');
const [name = `${process.pid}`, steps = '3'] = process.argv.slice(2);
await using kv = connect({ endpoints });
await using lock = await kv.lock('nightly', { ttlMs: 2_000 });
console.log(`${name} has the lock, with number ${lock.fencing}`);
for (let step = 1; step <= Number(steps) && !lock.lost.aborted; step += 1) {
  await work(10);
  // Whoever has lost the lock and does not know it yet writes nothing: its key is not there any more.
  const { succeeded } = await kv.txn({
    compare: [{ key: lock.key, target: 'createRevision', operator: '=', value: lock.fencing }],
    success: [{ type: 'put', key: 'nightly/report', value: `${name} ${step}` }],
  });
  if (!succeeded) break;
}
console.log(`${name} is done`);
