/** Revisions in parts: cut by the server, put together by the client, whole or refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RevisionAssembly } from '../../../src/client/watching/revision-assembly.ts';
import type { WatchEvent, WatchRevision } from '../../../src/kv/watching/watch-event.ts';
import { partsOf } from '../../../src/server/client-port/revision-parts.ts';
import { scriptedServer } from '../scripted-server.ts';
import { clientOf } from '../stage.ts';

const deletion = (bytes: number, at: number): WatchEvent => ({
  type: 'delete',
  key: new Uint8Array(bytes).fill(at),
  value: null,
  modRevision: 7,
});

describe('a revision in parts', () => {
  it('[SP7] is the same after it was cut and put together, however large its changes are', () => {
    const sizes = fc.array(fc.constantFrom(0, 1, 4096, 300_000, 1_048_528, 2_000_000), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const revision: WatchRevision = { revision: 7, events: lengths.map(deletion) };
        const assembly = new RevisionAssembly(100_000_000);
        const parts = [...partsOf(revision)];
        expect(parts.map(({ isLast }) => isLast)).toEqual(
          parts.map((_, at) => at === parts.length - 1),
        );
        for (const { bytes, revision: part } of parts) {
          expect(bytes <= 1024 * 1024 || part.events.length === 1).toBe(true);
        }
        const [last, ...rest] = parts.reverse();
        for (const part of rest.reverse()) expect(assembly.add(part.revision)).toBeNull();
        const whole = assembly.finish(last?.revision ?? revision);
        expect(whole.events.map(({ key }) => key.length)).toEqual(lengths);
      }),
      { numRuns: 30 },
    );
  });

  it('[SP7] past its bound is refused in words, and nothing of it is kept', () => {
    const assembly = new RevisionAssembly(10_000);
    expect(assembly.add({ revision: 7, events: [deletion(9_000, 1)] })).toBeNull();
    expect(assembly.isNext(8)).toBe(false);
    expect(assembly.add({ revision: 7, events: [deletion(9_000, 2)] })).toMatchObject({
      code: 'RAFT_TOO_LARGE',
      retry: 'never',
    });
    expect(assembly.isNext(8)).toBe(true);
    expect(() => [...partsOf({ revision: 7, events: [deletion(17_000_000, 1)] })]).toThrow(
      'more than a frame may have',
    );
  });

  it('[CL9] leaves a server that begins a revision and ends another', async () => {
    const server = await scriptedServer();
    let connections = 0;
    server.onRequest = ({ type, id }, reply) => {
      if (type !== 'watch') return;
      connections += 1;
      if (connections === 1) {
        reply({ type: 'progress', id, revision: 1 });
        reply({ type: 'part', id, revision: { revision: 2, events: [deletion(1, 1)] } });
        reply({ type: 'watched', id, revisions: [{ revision: 3, events: [deletion(1, 2)] }] });
      } else {
        reply({ type: 'part', id, revision: { revision: 2, events: [deletion(1, 1)] } });
        reply({ type: 'watched', id, revisions: [{ revision: 2, events: [deletion(1, 2)] }] });
      }
    };
    const watch = clientOf([server.url]).watch({ prefix: '' });
    const { value } = await watch.next();
    expect([connections, value?.revision, value?.events.length]).toEqual([2, 2, 2]);
  });
});
