/** `recover` where no node has run: what the place is, and what to do, instead of a fault (RC1). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

/** A place, what is in it (a name that ends in '/' is a directory), and what is said of it. */
it.each<[string, readonly string[], string]>([
  ['missing', [], 'There is no directory'],
  ['empty', ['empty/'], 'is empty: no node has run on it, or its disk is a new one'],
  ['file', ['file'], 'is no directory.'],
  [
    'foreign',
    ['foreign/', 'foreign/log/', 'foreign/notes\u001b[2J'],
    'it holds log, notes\\u001b[2J.',
  ],
  [
    'several',
    ['several/', 'several/n1/', 'several/n1/identity.json', 'several/x'],
    'holds some: n1.',
  ],
  ['partial', ['partial/', 'partial/hard-state'], 'part of it is gone: it has no identity.json'],
  ['broken', ['broken/', 'broken/identity.json/'], 'cannot be read: EISDIR'],
])('[RC1] %s is named as what it is, by a look and by a recovery', async (name, parts, words) => {
  const folder = scratch();
  for (const part of parts) {
    if (part.endsWith('/')) mkdirSync(join(folder, part));
    else writeFileSync(join(folder, part), '');
  }
  const line = ['recover', '--data-dir', join(folder, name)];
  for (const argv of [line, [...line, '--dry-run']]) {
    const { exitCode, errors } = await runFake(argv);
    expect([exitCode, errors]).toEqual([78, expect.stringContaining(words)]);
    expect(errors).toContain('Nothing was changed.');
  }
});

it('[RC3] a look at a recovery that was ended half way says how to finish it', async () => {
  const folder = scratch();
  for (const name of ['n1.recovering', 'n1.before-recovery']) mkdirSync(join(folder, name));
  const { exitCode, errors } = await runFake([
    'recover',
    '--data-dir',
    join(folder, 'n1'),
    '--dry-run',
  ]);
  expect([exitCode, errors]).toEqual([
    78,
    expect.stringContaining('Run it again without --dry-run'),
  ]);
});
