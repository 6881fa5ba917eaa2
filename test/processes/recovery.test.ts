/** A cluster that lost its majority for good, and what an operator does about it, with processes and disks. */
import { expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { cleanUp, closing } from '../clean-up.ts';
import { endAll, logLines, runCliProcess, serveLine, startCli } from '../cli/cli-process.ts';
import { freePorts } from '../free-ports.ts';
import { ProcessCluster } from './process-cluster.ts';

it('[RC1] [RC2] [RC4] of three killed nodes one is recovered, serves what it held, and another joins it', async () => {
  const cluster = await ProcessCluster.start(3);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  cleanUp(endAll);
  const writer = closing(connect({ endpoints: [...cluster.endpoints], timeoutMs: 60_000 }));
  for (let at = 0; at < 20; at += 1) await writer.put(`k${at}`, `v${at}`);
  const survivor = await cluster.leader();
  const { dataDir, url, peerAddress } = cluster.member(survivor);
  const recover = (...more: readonly string[]) =>
    runCliProcess(['recover', '--data-dir', dataDir, ...more]);
  const running = await recover('--dry-run');
  expect([running.code, running.errors]).toEqual([78, expect.stringContaining('in use')]);
  for (const { id } of cluster.members) await cluster.kill(id);

  const look = await recover('--dry-run', '-o', 'json');
  expect(JSON.parse(look.output)).toMatchObject({ nodeId: survivor, members: ['n1', 'n2', 'n3'] });
  expect(await recover()).toMatchObject({ code: 0, errors: '' });
  const place = ['--listen', new URL(url).host, '--peer-listen', peerAddress];
  startCli(serveLine(survivor, dataDir, ...place));
  const client = closing(connect({ endpoints: [url], timeoutMs: 60_000 }));
  for (let at = 0; at < 20; at += 1) {
    expect(new TextDecoder().decode((await client.get(`k${at}`))?.value)).toBe(`v${at}`);
  }
  await client.put('after', 'x');

  const [port, peerPort] = await freePorts(2);
  const newPlace = ['--listen', `127.0.0.1:${port}`, '--peer-listen', `127.0.0.1:${peerPort}`];
  const joining = startCli(serveLine('n4', `${dataDir}-n4`, ...newPlace, '--join', url));
  await joining.until((_, errors) => logLines(errors, 'joined').length > 0);
  expect((await client.status()).leader).toBe(survivor);
});
