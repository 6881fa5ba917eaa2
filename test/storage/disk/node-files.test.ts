/** A real file system: directories are made with all above them, or refused at once; a sync that fails is told. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../../../src/storage/disk/node-files.ts';
import { levelLogStore } from '../../../src/storage/disk-log-store.ts';
import { OWNER } from '../../../src/testing/contracts/log-operations.ts';
import { Workspace } from '../data-directories.ts';

const workspace = new Workspace();

// A file that cannot be synced.
it.runIf(existsSync('/dev/null'))(
  '[ST9] a sync in the background that fails is told, and nothing is written any more',
  async () => {
    const file = await nodeFiles.open('/dev/null');
    const failure = await new Promise((failed) => file.syncSoon(failed));
    expect(failure).toMatchObject({ code: 'EINVAL' });
    expect(() => file.writeAt(new Uint8Array(1), 0)).toThrow('EINVAL');
    await file.close();
  },
);

describe('making a directory', () => {
  it('[ST17] makes those above it, also if another does so at the same time', async () => {
    const path = join(workspace.fresh(), 'a', 'b');
    await Promise.all([nodeFiles.makeDirectory(path), nodeFiles.makeDirectory(path)]);
    await nodeFiles.makeDirectory(path);
    expect(existsSync(path)).toBe(true);
  });

  // Only Linux has such a place.
  it.runIf(existsSync('/proc/self'))(
    '[ST17] refuses at once below /proc, where no directory can be made',
    async () => {
      const opening = levelLogStore({ directory: '/proc/raftchart/data' }).open(OWNER);
      await expect(opening).rejects.toMatchObject({
        code: 'RAFT_LOG_REFUSED',
        message: expect.stringContaining('could not be made: ENOENT'),
      });
    },
  );
});
