/**
 * `serve --discover-multicast` as an operator meets it: processes that are told of nobody. All of it happens in a network of its
 * own, which this file makes: nothing is ever sent to a group elsewhere. Needs the built files.
 */
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CliProcess, logLines, startCli } from './cli-process.ts';
import { ownNetwork, whyNoNetwork } from './own-network.ts';
import { scratch } from './scratch.ts';

const why = whyNoNetwork();
if (why !== null)
  console.warn(`NOT TESTED: multicast, as no network of its own can be made: ${why}`);

const addressOf = (number: number) => `192.0.2.${number}`;
const servedAt = (number: number) => `${addressOf(number)}:4100`;
const FOUNDING = ['--bootstrap-expect', '3'];

// Where none can be made, nothing may be sent: a group is heard by others.
describe.skipIf(why !== null)('in a network of their own', () => {
  let directory: string;
  let wrapper: readonly string[];
  beforeEach(async () => {
    directory = scratch();
    wrapper = await ownNetwork([1, 2, 3, 4, 5].map(addressOf));
  });

  function started(number: number, listen: string, ...more: readonly string[]): CliProcess {
    const who = ['--id', `n${number}`, '--data-dir', join(directory, `n${number}`)];
    const place = ['--listen', listen];
    const peers = ['--peer-listen', `${addressOf(number)}:4200`];
    const line = ['serve', ...who, ...place, ...peers, '--discover-multicast', ...more];
    return startCli(line, { wrapper });
  }

  const isLogged = (node: CliProcess, event: string, text = ''): Promise<boolean> =>
    node.until((_, errors) =>
      logLines(errors, event).some((line) => JSON.stringify(line).includes(text)),
    );

  async function votersAt(number: number): Promise<unknown> {
    const endpoints = `http://${servedAt(number)}`;
    const line = ['members', '--output', 'json', '--endpoints', endpoints];
    const asked = startCli(line, { wrapper });
    await asked.ended;
    return JSON.parse(asked.output()).members.voters;
  }

  it('[CG7] three that are told of nobody found one cluster, and a fourth joins it', async () => {
    const nodes = [3, 1, 2].map((number) => started(number, servedAt(number), ...FOUNDING));
    await Promise.all(nodes.map((node) => isLogged(node, 'serving')));
    expect(await votersAt(1)).toEqual(['n1', 'n2', 'n3']);
    await isLogged(started(4, servedAt(4), ...FOUNDING), 'joined');
    await expect.poll(() => votersAt(2)).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  it('[CG7] founders by name are found, by the address they answer from where they serve at all', async () => {
    const peers = ['--peers', `n1=${addressOf(1)}:4200,n2=${addressOf(2)}:4200`];
    const founders = [started(1, '0.0.0.0:4101', ...peers), started(2, servedAt(2), ...peers)];
    await Promise.all(founders.map((node) => isLogged(node, 'serving')));
    const joining = started(3, servedAt(3), '--cluster-id', 'another');
    await isLogged(joining, 'joining', 'leads to this node itself');
    await isLogged(started(4, servedAt(4)), 'joined');
    expect(logLines(joining.errors(), 'joined')).toEqual([]);
  });
});
