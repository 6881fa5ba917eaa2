import { expect, it } from 'vitest';
import { STORE_VERSION } from '../../src/kv/commands/command-codec.ts';
import { closing } from '../clean-up.ts';
import { localServer } from '../server/local-server.ts';
import { runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

it('[UP5] a build that knows less than the log of a cluster needs does not join it, and says so', async () => {
  const server = closing(await localServer());
  server.replica.machineInUse = STORE_VERSION + 1;
  const place = ['--id', 'n4', '--data-dir', await scratch(), '--peer-listen', '127.0.0.1:1'];
  const line = ['serve', ...place, '--listen', '127.0.0.1:0', '--join', server.url];
  const { exitCode, errors } = await runFake(line);
  expect(exitCode).toBe(78);
  expect(errors).toContain(
    `needs version ${STORE_VERSION + 1} of the store, and this build knows version ${STORE_VERSION}`,
  );
});
