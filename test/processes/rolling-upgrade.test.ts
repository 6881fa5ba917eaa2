/** Every member is replaced by the next build, one by one, under load, and then by the one before again. */
import { expect, it } from 'vitest';
import { connect, type KvClient, type Lease, RaftError } from '../../src/client/index.ts';
import { cleanUp, closing } from '../clean-up.ts';
import { CountedWrites } from './counted-writes.ts';
import { besideBuild } from './older-build.ts';
import { eventually } from './process-cluster.ts';

/** The build of the commit before: each commit shows that members of it can be upgraded, and taken back. */
const BEFORE = 'HEAD^';
/** Shorter than the whole of it, so that the lease is renewed by members of both builds. */
const LEASE_MS = 10_000;
const ROUNDS = [
  { ids: ['n1', 'n2', 'n3'], isBack: false },
  { ids: ['n3', 'n1', 'n2'], isBack: true },
];

besideBuild(BEFORE, (start) => {
  it('[UP1] a rolling upgrade under load, and back, fails, loses and repeats no write, and ends no lease', async () => {
    const { cluster, older: before } = await start();
    const writes = new CountedWrites(cluster.endpoints, { clients: 3, each: 2 });
    cleanUp(() => writes[Symbol.asyncDispose]());
    const holder = closing(connect({ endpoints: cluster.endpoints }));
    const lease = (await granted(holder)).keepAlive();
    await holder.put('held', 'by a lease', { lease: lease.id });
    const pauses: string[] = [];
    for (const { ids, isBack } of ROUNDS) {
      for (const id of ids) {
        expect(await cluster.kill(id, 'SIGTERM')).toBe(0);
        cluster.run(id, isBack ? before : {});
        await eventually(20_000, `${id} to be ready`, () => isReady(cluster.member(id).url));
        await writes.more(100);
        pauses.push(`${id} ${writes.takePauseMs().toFixed(0)} ms`);
      }
    }
    expect(await writes.end()).toEqual([]);
    expect(writes.refusals).toBe(0);
    expect([lease.lost.aborted, (await holder.get('held')) === null]).toEqual([false, false]);
    console.log(
      `${writes.acknowledged} writes; the longest pause with each member: ${pauses.join(', ')}`,
    );
  });
});

/** Members that have just met have to say first that they know leases. */
function granted(holder: KvClient): Promise<Lease> {
  return eventually(20_000, 'a lease', async () => {
    try {
      return await holder.grantLease({ ttlMs: LEASE_MS });
    } catch (error) {
      if (error instanceof RaftError && error.code === 'RAFT_UPGRADE_NEEDED') return null;
      throw error;
    }
  });
}

/** As whoever upgrades waits for it: docs/UPGRADING.md. */
async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => null);
  return answer?.status === 200;
}
