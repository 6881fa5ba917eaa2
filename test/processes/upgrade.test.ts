/** Members of this build and of an older one in one cluster: upgraded one by one while clients write, and taken back. */
import { expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '../../src/core/hello.ts';
import { LOWEST_VERSIONS, type Versions } from '../../src/core/versions.ts';
import { STORE_VERSION } from '../../src/kv/commands/command-codec.ts';
import { counting } from './counting.ts';
import { besideBuild } from './older-build.ts';
import { eventually, type ProcessCluster } from './process-cluster.ts';

/** The last commit of the build before versions were spoken of: it speaks peer protocol 3 and knows nothing of 4. */
const OLDER = '1d45fd7';

interface VersionsTold extends Versions {
  readonly lowest: Versions;
}

/** `null`: a build that knows of none. */
async function versionsAt(cluster: ProcessCluster, id: string): Promise<VersionsTold | null> {
  const status: unknown = await cluster.status(id);
  return (status as { readonly versions?: VersionsTold } | null)?.versions ?? null;
}

/** A member and all that follow are connected again once it knows what each of them knows. */
function lowestAt(cluster: ProcessCluster, id: string, lowest: Versions): Promise<boolean> {
  const isSo = async (): Promise<boolean> => {
    const told = (await versionsAt(cluster, id))?.lowest;
    return told?.protocol === lowest.protocol && told.machine === lowest.machine;
  };
  return eventually(20_000, `the lowest version at ${id}`, isSo);
}

besideBuild(OLDER, (start) => {
  it('[UP1] [UP4] members are upgraded one by one and taken back, and no write fails', async () => {
    const { cluster, older } = await start();
    const load = counting('a', cluster);
    const newest = { protocol: PROTOCOL_VERSION, machine: STORE_VERSION };
    const turn = async (id: string, how: Parameters<ProcessCluster['run']>[1]): Promise<void> => {
      expect(await cluster.kill(id, 'SIGTERM')).toBe(0);
      cluster.run(id, how);
      await cluster.converged();
      await load.more();
    };
    for (const id of ['n1', 'n2', 'n3']) {
      await turn(id, {});
      expect(await versionsAt(cluster, id)).toMatchObject(newest);
      if (id !== 'n3') await lowestAt(cluster, id, LOWEST_VERSIONS);
    }
    for (const { id } of cluster.members) await lowestAt(cluster, id, newest);
    // What this build writes down, the older one reads.
    for (const { url } of cluster.members) {
      expect((await fetch(`${url}/snapshot`, { method: 'POST' })).status).toBe(200);
    }
    for (const id of ['n3', 'n1', 'n2']) {
      await turn(id, older);
      expect(await versionsAt(cluster, id)).toBeNull();
    }
    await load.end();
  });
});
