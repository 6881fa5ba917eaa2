/** One process of those who want the lock: each of its waiters takes it, writes under its number for a while, and comes again. */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../../src/client/index.ts';

const [endpoints = '', ttl = '', waiters = ''] = process.argv.slice(2);
const ttlMs = Number(ttl);

/** A silent server is left well within a lease. */
const keepAliveMs = ttlMs / 4;

/** A write under a number that is not the holder's any more changes nothing. */
async function hold(): Promise<void> {
  await using kv = connect({ endpoints: endpoints.split(','), keepAliveMs });
  for (;;) {
    try {
      await using lock = await kv.lock('fire', { ttlMs });
      const compare = [
        { key: lock.key, target: 'createRevision', operator: '=', value: lock.fencing },
      ] as const;
      const put = {
        type: 'put',
        key: 'fire/holder',
        value: `${lock.fencing} ${process.pid}`,
      } as const;
      for (let writes = 0; writes < 5 && !lock.lost.aborted; writes += 1) {
        await kv.txn({ compare, success: [put] });
        await pause(10);
      }
    } catch {
      await pause(50);
    }
  }
}

await Promise.all(Array.from({ length: Number(waiters) }, hold));
