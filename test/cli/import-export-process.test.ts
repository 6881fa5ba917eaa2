/** `import` and `export` as processes: pipes that break, and Ctrl-C in the middle. Needs the built files. */
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
