/** What the README says of the server, as somebody runs it who reads no further. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { endAll, leading, runCliProcess, startCli } from '../cli/cli-process.ts';
import { freePorts } from '../free-ports.ts';

describe("the README's server", () => {
  const text = (): Promise<string> => readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const linesOf = async (id: string): Promise<readonly string[]> => {
    const readme = await text();
    return [...readme.matchAll(/^npx raftchart (serve --id (\w+) [^#\n]*)/gm)]
      .filter(([, , named = '']) => named.startsWith(id))
      .map(([, line = '']) => line.trim());
  };

  it('[EM9] no line to paste has a comment behind it: some shells hand it on as words', async () => {
    const blocks = (await text()).match(/```sh\n[\s\S]*?```/g) ?? [];
    expect(blocks.length).toBeGreaterThan(3);
    expect(blocks.filter((block) => /\s#/.test(block))).toEqual([]);
  });

  it.each([
    { of: 'one node alone', ids: 'alone' },
    { of: 'three nodes', ids: 'n' },
  ])('[EM9] $of, started as it says, serves what it says next', async ({ ids }) => {
    const directory = await mkdtemp(join(tmpdir(), 'raftchart-readme-'));
    cleanUp(() => rm(directory, { recursive: true, force: true }));
    cleanUp(endAll);
    const [client, ...more] = await freePorts(6);
    const named = ['4100', '4101', '4102', '4200', '4201', '4202'];
    const moved = (text: string): string =>
      named.reduce(
        (line, port, at) => line.replaceAll(`:${port}`, `:${[client, ...more][at]}`),
        text,
      );
    const lines = await linesOf(ids);
    expect(lines).toHaveLength(ids === 'n' ? 3 : 1);
    const nodes = lines.map((line) => {
      const place = ids === 'n' ? '' : ' --listen 127.0.0.1:4100 --peer-listen 127.0.0.1:4200';
      return startCli(
        moved(line + place)
          .replace('./', `${directory}/`)
          .split(' '),
      );
    });
    await Promise.any(nodes.map(leading));
    const to = ['--endpoints', `http://127.0.0.1:${client}`];
    expect(await runCliProcess(['put', 'hello', 'world', ...to])).toMatchObject({ code: 0 });
    expect(await runCliProcess(['get', 'hello', ...to])).toMatchObject({ output: 'world' });
  });
});
