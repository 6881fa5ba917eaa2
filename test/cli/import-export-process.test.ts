/** `import` and `export` as processes: pipes that break, and Ctrl-C in the middle. Needs the built files. */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { ANY_PORTS, leading, QUICK, runCliProcess, serveLine, startCli } from './cli-process.ts';
import { scratch } from './scratch.ts';

const LINES = Array.from({ length: 20_000 }, (_, at) => {
  return `{"key":"k${String(at).padStart(5, '0')}","value":"${'x'.repeat(100)}"}\n`;
});

let to: readonly string[];
beforeEach(async () => {
  const server = startCli(serveLine('n1', scratch(), ...ANY_PORTS, ...QUICK));
  to = ['--endpoints', await leading(server)];
});

it('[CL42] [CL27] an import that is interrupted says what is in, and an export is right for a reader that goes away', async () => {
  const importing = startCli(['import', '-', ...to], { input: Buffer.from(LINES.join('')) });
  await importing.inputTaken;
  importing.kill('SIGINT');
  expect(await importing.ended).toBe(75);
  const said = /(\d+) keys imported, through line (\d+)\. Go on with --from-line (\d+)\./;
  const [, keys, line, next] = said.exec(importing.errors())?.map(Number) ?? [];
  expect([line, next]).toEqual([keys, Number(keys) + 1]);
  const { output } = await runCliProcess(['export', ...to]);
  expect(output).toBe(LINES.slice(0, keys).join(''));

  const shell = ['bash', '-c', '"$@" | head -1; echo "$PIPESTATUS"', 'bash'];
  const cut = startCli(['export', ...to], { wrapper: shell });
  expect(await cut.ended).toBe(0);
  expect([cut.output(), cut.errors()]).toEqual([`${LINES[0]}0\n`, '']);
});

it('[CL42] an import from a pipe that nobody writes says what it waits for, and Ctrl-C ends it', async () => {
  const pipe = join(scratch(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const waiting =
    /pipe is a pipe in which nothing has come so far: waiting for whoever writes it\.\n/;
  const stopped = startCli(['import', pipe, ...to]);
  await stopped.until((_, errors) => waiting.exec(errors));
  stopped.kill('SIGINT');
  expect(await stopped.ended).toBe(75);
  expect(stopped.errors()).toContain('It was stopped before its input had ended.');
  const taking = startCli(['import', pipe, ...to]);
  await taking.until((_, errors) => waiting.exec(errors));
  await writeFile(pipe, LINES.slice(0, 3).join(''));
  expect([await taking.ended, taking.output()]).toEqual([0, '3 keys imported, revision 2\n']);
});

it('[CL42] [CL27] an export to a full disk says nothing but that', async () => {
  if (process.platform !== 'linux') return;
  await runCliProcess(['put', 'a', 'x', ...to]);
  const toFullDisk = ['sh', '-c', '"$@" >/dev/full', 'sh'];
  const full = startCli(['export', ...to], { wrapper: toFullDisk });
  expect([await full.ended, full.errors()]).toEqual([
    74,
    expect.stringMatching(/^raftchart export: [^\n]*ENOSPC[^\n]*\n$/),
  ]);
});
