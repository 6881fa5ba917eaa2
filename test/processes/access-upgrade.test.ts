/** Access beside a build that knows nothing of it: it is not turned on there, and nobody is let in by such a member afterwards. */
import { expect, it } from 'vitest';
import { runCliProcess } from '../cli/cli-process.ts';
import { besideBuild } from './older-build.ts';

/** The last commit of the build before access. */
const OLDER = 'fad69b0';

function put(url: string): Promise<number | null> {
  return fetch(`${url}/kv/a`, { method: 'PUT', body: 'v' }).then(
    ({ status }) => status,
    () => null,
  );
}

besideBuild(OLDER, (start) => {
  it('[AC1] [UP2] is refused until the last member knows it, and an older one is no way in then', async () => {
    const { cluster, older } = await start();
    const upgrade = async (id: string): Promise<void> => {
      await cluster.kill(id, 'SIGTERM');
      cluster.run(id, {});
      await cluster.converged();
    };
    await upgrade('n1');
    await upgrade('n2');
    const [n1, n2] = [cluster.member('n1').url, cluster.member('n2').url];
    const on = () => runCliProcess(['access', 'on', '--endpoints', `${n1},${n2}`]);
    let early = await on();
    // What n2 knows by now the leader hears once they are connected again.
    await expect
      .poll(async () => {
        if (early.errors.includes('n2 knows')) early = await on();
        return early.errors;
      })
      .toMatch(/n3 knows only version 2 .*RAFT_UPGRADE_NEEDED/);
    expect([early.code, early.output]).toEqual([75, '']);
    expect([await put(n1), await put(cluster.member('n3').url)]).toEqual([200, 200]);
    await upgrade('n3');
    let told = await on();
    await expect
      .poll(async () => {
        if (told.code !== 0) told = await on();
        return told.code;
      })
      .toBe(0);
    for (const { url } of cluster.members) await expect.poll(() => put(url)).toBe(401);
    await cluster.kill('n3', 'SIGTERM');
    const back = cluster.run('n3', older);
    expect(await back.ended).not.toBe(0);
    expect(back.errors()).toContain('Update this node');
    expect([await put(n1), await put(n2)]).toEqual([401, 401]);
  });
});
