/**
 * `completion`: bash is asked itself what it would complete; zsh and fish look at their scripts where they are
 * installed, and otherwise those tests are skipped.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OptionSpec } from '../../src/cli/options/option-spec.ts';
import { OPTIONS } from '../../src/cli/options/option-table.ts';
import { COMMANDS } from '../../src/cli/run-cli.ts';
import { expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

const scripts: Record<string, string> = {};
beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish'])
    scripts[shell] = (await runFake(['completion', shell])).output;
});

/** Words as bash cuts them, the last of them being completed, and what it offers for it. */
function offered(lines: readonly (readonly string[])[], cwd = '/'): readonly (readonly string[])[] {
  const script = join(scratch(), 'completion.bash');
  writeFileSync(
    script,
    `${scripts.bash}
while IFS= read -r line; do
  IFS='|' read -ra COMP_WORDS <<< "$line."
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  COMP_WORDS[COMP_CWORD]=\${COMP_WORDS[COMP_CWORD]%.}
  _raftchart 2> /dev/null
  (IFS='|'; echo "\${COMPREPLY[*]}")
done
`,
  );
  const input = lines.map((words) => `${['raftchart', ...words].join('|')}\n`).join('');
  const output = execFileSync('bash', ['--norc', script], { input, cwd, encoding: 'utf8' });
  const answers = output.split('\n').slice(0, -1);
  expect(answers).toHaveLength(lines.length);
  return answers.map((answer) => (answer === '' ? [] : answer.split('|')));
}

describe('bash', () => {
  it('[CL43] completes every command, and every option of each', () => {
    const names = [...COMMANDS.map(({ name }) => name), 'help'];
    const [all = [], some] = offered([[''], ['com']]);
    expect(all).toEqual([...names, '--help', '--version']);
    expect(some).toEqual(['compact', 'completion']);
    const options = offered(COMMANDS.map(({ name }) => [name, '--']));
    for (const [at, command] of COMMANDS.entries()) {
      const expected = [...command.options, 'help'].map((option) => `--${option}`);
      expect(options[at], command.name).toEqual(expected);
    }
  });

  it('[CL43] completes the values of every option that takes one of a few words', () => {
    const cases = COMMANDS.flatMap(({ name, options }) =>
      options.flatMap((option) => {
        const { kind, isFlag }: OptionSpec<unknown> = OPTIONS[option];
        return kind.words === undefined || isFlag ? [] : [{ name, option, words: kind.words }];
      }),
    );
    expect(cases.map(({ option }) => option)).toEqual(
      expect.arrayContaining(['output', 'consistency']),
    );
    const spaced = offered(cases.map(({ name, option }) => [name, `--${option}`, '']));
    const joined = offered(cases.map(({ name, option }) => [name, `--${option}`, '=']));
    expect(spaced).toEqual(cases.map(({ words }) => words));
    expect(joined).toEqual(spaced);
    expect(offered([['get', 'k', '--output', '=', 'j']])).toEqual([['json']]);
    expect(offered([['put', 'k', 'v', '-o', 't']])).toEqual([['table']]);
  });

  it('[CL43] completes files, directories and programs where they stand, and nothing else', () => {
    const directory = scratch();
    writeFileSync(join(directory, 'some keys.jsonl'), '');
    mkdirSync(join(directory, 'some data'));
    for (const name of ['star*', 'stark']) writeFileSync(join(directory, name), '');
    const lines = [
      [
        ['import', 'some'],
        ['some data', 'some keys.jsonl'],
      ],
      [
        ['txn', '--file', 'some'],
        ['some data', 'some keys.jsonl'],
      ],
      [
        ['import', 'star'],
        ['star*', 'stark'],
      ],
      [['serve', '--data-dir', 'some'], ['some data']],
      [['watch', '--prefix', 'p', '--', 'raftchart-no'], []],
      [['watch', '--', 'cat', 'some k'], ['some keys.jsonl']],
      [['put', '--', '--'], []],
      [['put', 'some'], []],
      [['put', '--endpoints', 'some'], []],
      [['nonsense', ''], []],
    ] as const;
    const answers = offered(
      lines.map(([words]) => words),
      directory,
    );
    expect(answers.map((answer) => [...answer].sort())).toEqual(lines.map(([, names]) => names));
    const [programs = []] = offered([['watch', '--', 'bas']]);
    expect(programs).toContain('bash');
  });

  it('[CL43] completes the first word of member, completion and help', () => {
    const [member, completion, help] = offered([
      ['member', 'r'],
      ['completion', ''],
      ['help', 'pu'],
    ]);
    expect(member).toEqual(['remove', 'replace']);
    expect(completion).toEqual(['bash', 'zsh', 'fish']);
    expect(help).toEqual(['put']);
  });
});

describe('every shell', () => {
  it.each(['bash', 'zsh', 'fish'])('[CL43] %s finds no fault with its script', (shell) => {
    const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
    if (!isThere) {
      console.log(`${shell} is not installed: its script was not looked at.`);
      return;
    }
    const file = join(scratch(), 'script');
    writeFileSync(file, scripts[shell] ?? '');
    const checked = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([0, '']);
  });

  it.each(['bash', 'zsh', 'fish'])('[CL43] %s is told of every command and option', (shell) => {
    for (const { name, options } of COMMANDS) {
      expect(scripts[shell]).toContain(name);
      for (const option of options)
        expect(scripts[shell]).toMatch(shell === 'fish' ? `-l ${option} ` : `--${option}`);
    }
  });

  it('[CL43] is one that is known', async () => {
    await expectFailure(runFake(['completion', 'tcsh']), 64, 'known: bash, zsh, fish');
    await expectFailure(runFake(['completion']), 64, 'Usage: raftchart completion bash|zsh|fish');
  });
});
