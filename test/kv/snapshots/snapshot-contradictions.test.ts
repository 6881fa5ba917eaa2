/** What no log could have made is no snapshot of the store, though every chunk of it is whole (KV26). */
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { keyText } from '../../../src/kv/keys/key-order.ts';
import type { KeyVersion, LiveVersion } from '../../../src/kv/keys/key-version.ts';
import { ChunkWriter, type SnapshotHeader } from '../../../src/kv/snapshots/snapshot-codec.ts';
import { utf8 } from '../committed.ts';
import { restored } from './snapshots-by-hand.ts';

describe('a snapshot that contradicts itself', () => {
  const header = { revision: 4, compactedRevision: 3, timeMs: 9, spacingMs: 1000, marks: [] };
  const key = (text: string) => keyText(utf8(text));
  const live = (name: string, [createRevision, modRevision, version]: readonly number[]) => ({
    key: key(name),
    value: utf8('v'),
    createRevision: Number(createRevision),
    modRevision: Number(modRevision),
    version: Number(version),
    lease: 0,
  });
  const gone = (name: string, modRevision: number) => ({
    key: key(name),
    value: null,
    createRevision: 0,
    modRevision,
    version: 0,
    lease: 0,
  });
  interface Told {
    readonly header?: Partial<SnapshotHeader>;
    readonly versions?: readonly LiveVersion[];
    readonly events?: readonly KeyVersion[];
    /** Not given: none was ever granted. */
    readonly leases?:
      | { readonly last: number; readonly count?: number; readonly ids: number[] }
      | undefined;
  }

  function chunkOf({ header: own = {}, versions = [], events = [], leases }: Told): Uint8Array[] {
    const writer = new ChunkWriter(0);
    writer.header({ ...header, ...own });
    for (const version of versions) writer.version(version);
    for (const event of events) writer.event(event);
    if (leases !== undefined) writer.leases(leases.last, leases.count ?? leases.ids.length);
    for (const id of leases?.ids ?? []) writer.lease({ id, ttlMs: 100, renewals: 0 });
    writer.footer(versions.length, events.length);
    writer.end();
    return [...writer.take()];
  }

  const a = live('a', [2, 2, 1]);
  const [three, four] = [live('b', [3, 3, 1]), live('a', [2, 4, 2])];

  it('[LE5] is refused where its leases cannot be, and the same without the contradiction is not', async () => {
    const bound = { versions: [a], events: [three, { ...four, lease: 2 }] };
    const sound = [
      { last: 2, ids: [2] },
      { last: 7, ids: [1, 2, 7] },
    ];
    for (const leases of sound) {
      const store = await restored(chunkOf({ ...bound, leases }));
      expect([...(store.leases.get(2)?.keys ?? [])]).toEqual([key('a')]);
      expect([...store.leases.all()].map(({ id }) => id)).toEqual(leases.ids);
    }
    const contradictions: Readonly<Record<string, Told['leases']>> = {
      'the lease of a key is missing': { last: 2, ids: [1] },
      'a lease is granted later than the last': { last: 1, ids: [1, 2] },
      'a key was bound to one later than the last': { last: 1, ids: [1] },
      'leases out of order': { last: 3, ids: [3, 2] },
      'a lease twice': { last: 3, ids: [2, 2] },
      'fewer than announced': { last: 3, count: 2, ids: [2] },
      'more than announced': { last: 3, count: 1, ids: [2, 3] },
      'none was ever granted': { last: 0, ids: [2] },
    };
    for (const [what, leases] of Object.entries(contradictions)) {
      const outcome = await restored(chunkOf({ ...bound, leases })).then(
        () => 'restored',
        (error: unknown) => (error instanceof RaftError ? error.code : String(error)),
      );
      expect([what, outcome]).toEqual([what, 'RAFT_STATE_MACHINE_FAILED']);
    }
    await expect(restored(chunkOf(bound))).rejects.toThrowError('A lease is missing');
  });

  it('[KV26] is refused, and the same without the contradiction is not', async () => {
    const store = await restored(chunkOf({ versions: [a], events: [three, four] }));
    expect([store.revision, store.keyCount]).toEqual([4, 2]);
    const contradictions: Readonly<Record<string, Told>> = {
      'a key is older than the edge and of it': {
        versions: [a],
        events: [live('a', [2, 3, 2]), four],
      },
      'a put counts wrongly': { versions: [a], events: [three, live('a', [2, 4, 3])] },
      'a put was created otherwise': { versions: [a], events: [three, live('a', [4, 4, 1])] },
      'a deletion of nothing': { versions: [a], events: [three, gone('c', 4)] },
      'a revision is missing': { versions: [a], events: [four] },
      'the last revision is missing': { versions: [a], events: [three] },
      'a revision too many': { versions: [a], events: [three, four, gone('a', 5)] },
      'two changes of a key at once': { versions: [a], events: [three, four, gone('a', 4)] },
      'keys out of order': { versions: [live('b', [2, 2, 1]), a], events: [three, four] },
      'a version of the edge': { versions: [live('a', [2, 3, 2])], events: [three, four] },
      'compacted past the end': { header: { compactedRevision: 5 }, versions: [a] },
      'marks in the future': {
        header: { marks: [{ timeMs: 10, revision: 1 }] },
        versions: [a],
        events: [three, four],
      },
    };
    for (const [what, told] of Object.entries(contradictions)) {
      const outcome = await restored(chunkOf(told)).then(
        () => 'restored',
        (error: unknown) => (error instanceof RaftError ? error.code : String(error)),
      );
      expect([what, outcome]).toEqual([what, 'RAFT_STATE_MACHINE_FAILED']);
    }
  });
});
