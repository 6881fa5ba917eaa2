/** The largest numbers that options take, against a server: no part behind the option table knows better. */
import { expect, it } from 'vitest';
import { closing } from '../clean-up.ts';
import { localServer } from '../server/local-server.ts';
import { runFake } from './fake-context.ts';

it.each([
  ['get a --revision 281474976710656', 1],
  ['range --revision 281474976710656', 1],
  ['compact 281474976710656', 1],
  ['compact 281474976710657', 64],
  ['range --limit 4294967295', 0],
])('[CL13] %s ends with %i', async (line, code) => {
  const { url } = closing(await localServer());
  const { exitCode } = await runFake([...line.split(' '), '--endpoints', url]);
  expect(exitCode).toBe(code);
});
