/** `demo` as a person meets it, and the planning behind it. Needs the built files. */
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { planDemo, shellLine } from '../../src/cli/demo/demo-plan.ts';
import { demoScreen } from '../../src/cli/demo/demo-screen.ts';
import { freeBasePort } from '../free-ports.ts';
import { eventually } from '../server/eventually.ts';
import { type CliProcess, runCliProcess, startCli } from './cli-process.ts';
import { scratch } from './scratch.ts';

let directory: string;
beforeEach(() => {
  directory = scratch();
});

/** Temporary directories of a demo are made in the test's own, so that it sees them come and go. */
function startDemo(base: number, ...flags: readonly string[]): CliProcess {
  const environment = { TMPDIR: directory, RAFTCHART_ELECTION_TIMEOUT_MS: '600-1200' };
  return startCli(['demo', '--base-port', `${base}`, ...flags], { environment });
}

interface Ready {
  readonly leader: string;
  readonly pids: ReadonlyMap<string, number>;
}

async function ready(cli: CliProcess): Promise<Ready> {
  const leader = await cli.until((output) => /ready: (n\d) leads/.exec(output)?.[1] ?? null);
  const lines = cli.output().matchAll(/^ {2}(n\d) {2}\S+ {2}pid (\d+)$/gm);
  return { leader, pids: new Map([...lines].map(([, id = '', pid]) => [id, Number(pid)])) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the demo', () => {
  it('[CL20] starts one process for each node and says when a leader serves', async () => {
    const base = await freeBasePort(3);
    const cli = startDemo(base);
    const { leader, pids } = await ready(cli);
    expect([...pids.keys()]).toEqual(['n1', 'n2', 'n3']);
    for (const pid of pids.values()) expect(isAlive(pid)).toBe(true);
    expect(cli.output()).toContain(`curl -X PUT http://127.0.0.1:${base}/kv/hello -d world`);
    const put = await fetch(`http://127.0.0.1:${base}/kv/hello`, { method: 'PUT', body: 'world' });
    expect(put.status).toBe(200);
    expect(await (await fetch(`http://127.0.0.1:${base + 2}/kv/hello`)).text()).toBe('world');
    await eventually(async () => {
      const status = await (await fetch(`http://127.0.0.1:${base + 1}/status`)).json();
      return status.leader;
    }).toBe(leader);
    expect(cli.output()).not.toContain('\u001b');
    expect((await readdir(directory)).length).toBe(1);
    cli.kill('SIGINT');
    expect(await cli.ended).toBe(0);
    for (const pid of pids.values()) expect(isAlive(pid)).toBe(false);
    expect(await readdir(directory)).toEqual([]);
  });

  it('[CL23] says which node died, restarts nothing, and shows who takes over', async () => {
    const base = await freeBasePort(3);
    const cli = startDemo(base);
    const { leader, pids } = await ready(cli);
    process.kill(pids.get(leader) ?? 0, 'SIGKILL');
    await cli.until((output) => output.includes(`${leader} was ended by SIGKILL.`));
    await cli.until((output) => /ended by SIGKILL.*n\d +leader +term [2-9]/s.test(output));
    expect(cli.output()).toMatch(new RegExp(`serve --id ${leader} `));
    const others = [...pids].filter(([id]) => id !== leader).map(([, pid]) => pid);
    // Even if the demo itself is killed, no node is left behind.
    cli.kill('SIGKILL');
    await cli.ended;
    await eventually(() => others.filter(isAlive)).toEqual([]);
    // Nor anything of theirs; what the leader was writing when it was killed stays, for want of anyone to ask.
    await eventually(async () => {
      const [folder = ''] = await readdir(directory);
      return readdir(join(directory, folder));
    }).toEqual([leader]);
  });

  it('[CL23] names at its end who was started again by hand; [CL20] who is no member of the next', async () => {
    const base = await freeBasePort(3);
    const cli = startDemo(base);
    const { pids } = await ready(cli);
    process.kill(pids.get('n3') ?? 0, 'SIGKILL');
    const line = await cli.until(
      (said) => /^ {2}\S+ .*(serve --id n3 .*)$/m.exec(said)?.[1] ?? null,
    );
    const left = startCli(line.split(' '));
    await left.until((_, errors) => errors.includes('"event":"role"'));
    cli.kill('SIGINT');
    await cli.ended;
    expect(cli.output()).toContain(
      'Stopped, and the data removed.\nn3 was started again elsewhere',
    );
    const dataDir = join(directory, 'next');
    const [first] = planDemo({ ...PLANNED, nodes: 3, basePort: base, dataDir });
    startCli(first?.argv ?? []);
    await left.until((_, errors) => /refuse.*cluster.*demo-1/.test(errors));
  });

  it('[CL22] keeps the data it was told where to put, and goes on from it', async () => {
    const dataDir = join(directory, 'kept');
    const start = async (): Promise<readonly [CliProcess, string]> => {
      const demo = startDemo(await freeBasePort(1), '--nodes', '1', '--data-dir', dataDir);
      const url = await demo.until((said) => /curl -X PUT (\S+)\/kv/.exec(said)?.[1] ?? null);
      return [demo, url];
    };
    const [first, url] = await start();
    await fetch(`${url}/kv/a`, { method: 'PUT', body: 'kept' });
    first.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(existsSync(join(dataDir, 'n1'))).toBe(true);
    const [second, again] = await start();
    expect(await (await fetch(`${again}/kv/a`)).text()).toBe('kept');
    second.kill('SIGTERM');
    await second.ended;
    const basePort = ['--base-port', `${await freeBasePort(3)}`];
    const other = await runCliProcess(['demo', '--nodes', '3', '--data-dir', dataDir, ...basePort]);
    expect([other.code, other.errors]).toEqual([64, expect.stringContaining('--nodes 1')]);
  });

  it('[CL22] leaves no temporary directory behind when it is killed', async () => {
    const base = await freeBasePort(3);
    const cli = startDemo(base);
    const { pids } = await ready(cli);
    expect(await readdir(directory)).toHaveLength(1);
    cli.kill('SIGKILL');
    await cli.ended;
    await eventually(() => [...pids.values()].filter(isAlive)).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('[CL22] puts nothing into a directory that holds something else', async () => {
    await writeFile(join(directory, 'letter.txt'), 'x');
    const basePort = ['--base-port', `${await freeBasePort(3)}`];
    const { code, errors } = await runCliProcess(['demo', '--data-dir', directory, ...basePort]);
    expect([code, errors]).toEqual([78, expect.stringContaining('it holds letter.txt')]);
    expect(await readdir(directory)).toEqual(['letter.txt']);
  });

  it('[CL21] says which ports are taken and suggests others', async () => {
    const base = await freeBasePort(1);
    await ready(startDemo(base, '--nodes', '1'));
    const { code, errors, output } = await runCliProcess(['demo', '--base-port', `${base}`]);
    expect([code, output]).toEqual([69, '']);
    expect(errors).toContain(`${base}, ${base + 100}`);
    expect(errors).toMatch(/try --base-port \d+/);
  });

  it('[CL23] ends when no node is left, and passes on why', async () => {
    const cli = startCli(['demo', '--nodes', '1', '--base-port', `${await freeBasePort(1)}`], {
      environment: { TMPDIR: directory, RAFTCHART_HEARTBEAT_INTERVAL_MS: '400' },
    });
    expect(await cli.ended).toBe(69);
    expect(cli.output()).toContain('--heartbeat-interval-ms 400 is too long');
    expect(cli.errors()).toContain('no node is left');
  });
});

const PLANNED = { basePort: 4100, dataDir: '/data', isTemporary: false, clusterId: 'demo-1' };

describe('the plan', () => {
  it('[CL20] gives each node its ports, its directory and one line that is right for every start', () => {
    const plan = planDemo({ ...PLANNED, nodes: 3 });
    const peers = 'n1=127.0.0.1:4200,n2=127.0.0.1:4201,n3=127.0.0.1:4202';
    expect(plan[1]).toEqual({
      id: 'n2',
      port: 4101,
      peerPort: 4201,
      url: 'http://127.0.0.1:4101',
      dataDir: '/data/n2',
      isTemporary: false,
      argv: [
        'serve',
        ...['--id', 'n2', '--data-dir', '/data/n2'],
        ...['--listen', '127.0.0.1:4101', '--peer-listen', '127.0.0.1:4201', '--peers', peers],
        ...['--cluster-id', 'demo-1', '--inspect'],
      ],
    });
    expect(shellLine(['a', 'b c', "d'e"])).toBe(`a 'b c' 'd'\\''e'`);
  });

  it('[CL20] uses colours on a terminal only', () => {
    const [node] = planDemo({ ...PLANNED, nodes: 1 });
    if (node === undefined) throw new Error('one node was planned');
    const news = { type: 'role', role: 'leader', term: 1, leader: 'n1', cause: 'x' } as const;
    const at = new Date(0);
    expect(demoScreen(false).news(node, news, at)).toBe(
      '00:00:00.000  n1  leader        term 1  (x)\n',
    );
    expect(demoScreen(true).news(node, news, at)).toContain('\u001b[32mleader');
  });
});
