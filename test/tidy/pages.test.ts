/** What callers are told, and can name, has to keep up with what can be called. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { KvClient } from '../../src/client/kv-client.ts';
import { inDirectory } from './in-directory.ts';
import { unofferedTypes } from './offered-types.ts';
import { strayLinks } from './page-links.ts';

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** In backquotes; behind it what the call is given, before it the method of the request. */
function untold(page: string, names: readonly string[]): readonly string[] {
  const text = textOf(page);
  return names.filter((name) => !new RegExp(`\`([A-Z]+ )?${name}[\`(]`).test(text));
}

it('[SC31] every path that the server answers and every call of the client stands on its page', () => {
  const routes = textOf('src/server/http/http-api.ts').matchAll(/pattern: '(\/[^']+)'/g);
  const paths = [...routes].map(([, path = '']) =>
    path.replace('*', '<key>').replace(/:(\w+)/, '<$1>'),
  );
  expect(paths).toContain('/members/<id>');
  expect(untold('docs/HTTP.md', [...paths, '/untold'])).toEqual(['/untold']);
  const calls = Object.getOwnPropertyNames(KvClient.prototype);
  expect(untold('docs/CLIENT.md', [...calls, 'untold'])).toEqual(['constructor', 'untold']);
});

it('[EM11] some door exports every type that another export names', () => {
  const doors = ['src', 'src/client', 'src/testing', 'machines'].map(
    (door) => `dist/${door}/index.d.ts`,
  );
  // What its client says to a watch is public for the compiler only.
  const own = / \(in dist\/src\/client\/watch.d.ts Watch\)$/;
  expect(unofferedTypes(doors).filter((text) => !own.test(text))).toEqual([]);
  expect(unofferedTypes(['dist/src/ports/transport.d.ts'])).toContain(
    'dist/src/core/hello.d.ts Hello (in dist/src/ports/transport.d.ts PeerConnection)',
  );
});

it('[SC13] what a page of the package links to is there, and in the package', () => {
  const page = '[a](src/a.ts#L1) [b](test/b.ts) <img src="gone.svg"> [c](https://c) [d](#d)';
  inDirectory({ 'README.md': page, 'src/a.ts': '', 'test/b.ts': '' }, (directory) => {
    const stray = ['README.md: test/b.ts', 'README.md: gone.svg'];
    expect(strayLinks(directory, ['README.md', 'src', '*.svg'])).toEqual(stray);
  });
  const { files } = JSON.parse(textOf('package.json'));
  expect(strayLinks(fileURLToPath(new URL('../..', import.meta.url)), files)).toEqual([]);
});
