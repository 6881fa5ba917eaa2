/** Every script of `package.json` that takes words, as somebody meets it who does not know which. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSX = fileURLToPath(new URL('../node_modules/tsx/dist/cli.mjs', import.meta.url));

const manifest: unknown = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));
const scripts = Object.entries((manifest as { scripts: Record<string, string> }).scripts);
/** The sources behind them; `demo` is the command line's own. */
const programs = scripts.flatMap(([name, line]) => {
  const file = /(?:tsx (\S+\.ts)|dist\/(test\/\S+)\.js)/.exec(line);
  return file === null ? [] : [[name, file[1] ?? `${file[2]}.ts`] as const];
});

function run(file: string, word: string): Promise<{ code: unknown; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [TSX, file, word], { cwd: ROOT }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

it('[CF6] knows the scripts that take words', () => {
  expect(programs.length).toBeGreaterThanOrEqual(8);
});

it.each(programs)(
  '[CF6] npm run %s explains itself, and refuses what it does not know',
  async (name, file) => {
    const help = await run(file, '--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain(`npm run ${name}`);
    const unknown = await run(file, '--nonsense');
    expect(unknown).toMatchObject({ code: 64, out: '' });
    expect(unknown.err).toContain('--nonsense');
    expect(unknown.err).toContain(`npm run ${name}`);
    expect(unknown.err).not.toMatch(/\n {4}at /);
  },
);
