/** Members found by the SRV records of a name, asked of a real resolver and a small server of DNS. */
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { srvDiscovery } from '../../src/cli/serving/finding/srv-discovery.ts';
import { connect } from '../../src/client/index.ts';
import { certificate, inFiles } from '../certificates.ts';
import { closing } from '../clean-up.ts';
import { freeBasePort } from '../free-ports.ts';
import { ANY_PORTS, leading, logLines, QUICK, serveLine, startCli } from './cli-process.ts';
import { runFake } from './fake-context.ts';
import { nameServer } from './name-server.ts';
import { scratch } from './scratch.ts';

const NAME = '_raftchart._tcp.example.test';

it('[CG6] takes the records in their order, begins with another each time, and looks them up anew', async () => {
  const { address, records } = await nameServer();
  const resolver = new Resolver();
  resolver.setServers([address]);
  const lookUp = (name: string) => resolver.resolveSrv(name);
  const discover = srvDiscovery({ name: NAME, scheme: 'http', lookUp });
  await expect(discover()).rejects.toMatchObject({
    code: 'RAFT_UNREACHABLE',
    message: expect.stringContaining(`No member is found by DNS: ${NAME} could not be looked up`),
  });
  records.set(NAME, [{ priority: 0, weight: 0, port: 1, target: '.' }]);
  await expect(discover()).rejects.toThrow('has no SRV records');
  records.set(NAME, [
    { priority: 2, weight: 9, port: 3, target: 'c.test' },
    { priority: 1, weight: 0, port: 2, target: 'b.test' },
    { priority: 1, weight: 5, port: 1, target: 'a.test' },
  ]);
  const [a, b, c] = ['http://a.test:1', 'http://b.test:2', 'http://c.test:3'];
  expect([await discover(), await discover(), await discover(), await discover()]).toEqual([
    [a, b, c],
    [b, c, a],
    [c, a, b],
    [a, b, c],
  ]);
  records.set(NAME, [{ priority: 0, weight: 0, port: 7, target: 'd.test' }]);
  expect(await discover()).toEqual(['http://d.test:7']);
  const guarded = srvDiscovery({ name: NAME, scheme: 'https', lookUp });
  expect(await guarded()).toEqual(['https://d.test:7']);
});

it('[CG6] a node waits for records, and joins whom they name, though it is among them itself', async () => {
  const directory = scratch();
  const { address, records } = await nameServer();
  const founder = startCli(serveLine('n1', join(directory, 'n1'), ...ANY_PORTS, ...QUICK));
  const { port } = new URL(await leading(founder));
  // Where no record of a host is to be had, the resolver of this process is another.
  const script = `import dns from 'node:dns'; dns.setServers(['${address}']);`;
  const own = await freeBasePort(1);
  const place = ['--listen', `127.0.0.1:${own}`, '--peer-listen', `127.0.0.1:${own + 100}`];
  const line = serveLine('n2', join(directory, 'n2'), '--discover-srv', NAME, ...place, ...QUICK);
  const node = startCli(line, {
    nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(script)}`],
  });
  const [reason] = await node.until((_, errors) => {
    const lines = logLines(errors, 'joining');
    return lines.length > 0 ? lines : null;
  });
  expect(reason).toMatchObject({ level: 'warn', code: 'RAFT_UNREACHABLE' });
  const target = 'localhost';
  records.set(NAME, [
    { priority: 0, weight: 1, port: own, target },
    { priority: 0, weight: 0, port: Number(port), target },
  ]);
  await node.until((_, errors) => logLines(errors, 'joined').length > 0);
});

it('[CG6] a node that has only a certificate to show asks whom they name over TLS, as its commands do', async () => {
  const { address, records } = await nameServer();
  records.set(NAME, [{ priority: 0, weight: 0, port: 1, target: 'localhost' }]);
  const script = `import dns from 'node:dns'; dns.setServers(['${address}']);`;
  const { cert, key } = inFiles(certificate());
  const line = serveLine('n2', join(scratch(), 'n2'), '--discover-srv', NAME, ...ANY_PORTS);
  const place = ['--peers', 'n2=127.0.0.1:1', '--cert', cert, '--key', key];
  const node = startCli([...line, ...place], {
    nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(script)}`],
  });
  const [reason] = await node.until((_, errors) => {
    const lines = logLines(errors, 'joining');
    return lines.length > 0 ? lines : null;
  });
  expect(reason?.message).toContain('https://localhost:1:');
  node.kill('SIGTERM');
  expect(await node.ended).toBe(0);
});

it('[CG6] is refused beside what says the same, or another thing', async () => {
  const line = ['serve', '--id', 'n1', '--data-dir', 'd', '--discover-srv', NAME];
  const both = await runFake([...line, '--join', 'http://a:1']);
  expect([both.exitCode, both.errors]).toEqual([
    64,
    expect.stringContaining('give one of the two'),
  ]);
  const founding = await runFake([...line, '--peers', 'n1=a:1,n2=b:1']);
  expect([founding.exitCode, founding.errors]).toEqual([
    64,
    expect.stringContaining('--peers founds a cluster'),
  ]);
  const wrong = await runFake(['serve', '--discover-srv', 'http://a']);
  expect([wrong.exitCode, wrong.errors]).toEqual([64, expect.stringContaining('a name in DNS')]);
});

/** A server, and the name by which DNS knows where it is. */
async function named() {
  const directory = scratch();
  const { address, records } = await nameServer();
  const node = startCli(serveLine('n1', join(directory, 'n1'), ...ANY_PORTS, ...QUICK));
  const { port } = new URL(await leading(node));
  const point = (to: number): void =>
    void records.set(NAME, [{ priority: 0, weight: 0, port: to, target: 'localhost' }]);
  return { address, point, port: Number(port) };
}

it('[CG10] a command finds its servers by DNS, to ask them or to stay connected', async () => {
  const { address, point, port } = await named();
  point(port);
  const file = join(scratch(), 'backup');
  const script = `import dns from 'node:dns'; dns.setServers(['${address}']);`;
  const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
  for (const words of [
    ['put', 'a', 'x'],
    ['get', 'a'],
    ['status'],
    ['members'],
    ['snapshot'],
    ['backup', file],
  ]) {
    const cli = startCli([...words, '--discover-srv', NAME], { nodeFlags });
    expect([words[0], await cli.ended, cli.errors()]).toEqual([words[0], 0, '']);
  }
});

it('[CG10] a command says why DNS names nobody, and takes servers by one way alone', async () => {
  const none = await runFake(['status', '--discover-srv', '_raftchart._tcp.invalid']);
  expect([none.exitCode, none.errors]).toEqual([69, expect.stringContaining('by DNS')]);
  for (const words of [['get', 'a'], ['status'], ['members']]) {
    const both = await runFake([...words, '--discover-srv', NAME, '--endpoints', 'http://a:1']);
    expect([both.exitCode, both.errors]).toEqual([
      64,
      expect.stringContaining('give one of the two'),
    ]);
  }
});

it('[CG10] a client finds its servers by DNS, and says what it cannot use', async () => {
  const { address, point, port } = await named();
  const resolver = new Resolver();
  resolver.setServers([address]);
  const lookUp = (name: string) => resolver.resolveSrv(name);
  const kv = closing(connect({ srv: { name: NAME, lookUp } }));
  const writing = kv.put('a', 'x', { timeoutMs: 20_000 });
  point(port);
  expect(await writing).toMatchObject({ revision: 2 });
  for (const options of [{}, { srv: NAME, endpoints: ['http://a:1'] }, { srv: '' }]) {
    expect(() => connect(options)).toThrow(TypeError);
  }
  const scheme = JSON.parse('{"scheme":"ftp"}');
  expect(() => connect({ srv: { name: NAME, ...scheme } })).toThrow('must be http or https');
  expect(() => connect({ srv: JSON.parse('{"nam":"x"}') })).toThrow('did you mean name');
});
