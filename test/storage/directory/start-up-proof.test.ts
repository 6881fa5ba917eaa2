/** The start-up proof on its own: databases that are consistent in everything but one thing. */
import { describe, expect, it } from 'vitest';
import { checksumOfRun, type EntryRun } from '../../../src/core/entry-run.ts';
import { lastLog } from '../../../src/core/term-runs.ts';
import { index, nodeId, term } from '../../../src/core/types.ts';
import {
  type ProvenDatabase,
  proveDatabase,
} from '../../../src/storage/directory/start-up-proof.ts';
import type { Database, DatabaseRecord } from '../../../src/storage/disk/database.ts';
import {
  checksumOfRecord,
  encodeRecord,
  keyOf,
  keyOfPeer,
  keyOfRun,
  RECORD_KIND,
} from '../../../src/storage/records/record.ts';
import { advanceDigest, type StoreState } from '../../../src/storage/records/stored-values.ts';
import { OWNER, peer, run } from '../../../src/testing/contracts/log-operations.ts';
import { flipped } from '../../flipped.ts';
import { PromptDisk } from '../prompt-disk.ts';

const IDENTITY = { clusterId: 'c1', nodeId: 'n1', incarnation: 'i1' };

/** A database of these runs and other records, with a state record that fits them. */
function recordsFor(
  runs: readonly EntryRun[],
  changes: {
    readonly state?: Partial<StoreState>;
    readonly others?: readonly DatabaseRecord[];
  } = {},
): DatabaseRecord[] {
  const records = [
    record(keyOf(RECORD_KIND.identity), RECORD_KIND.identity, IDENTITY),
    record(keyOf(RECORD_KIND.configuration), RECORD_KIND.configuration, OWNER.founding),
    ...(changes.others ?? []),
  ];
  let digest = records.reduce(
    (sum, { value }) => advanceDigest(sum, checksumOfRecord(value), 0),
    0,
  );
  for (const { bytes } of runs) digest = advanceDigest(digest, checksumOfRun(bytes), 0);
  const last = runs.at(-1);
  const base = { term: term(0), index: index(0) };
  const state: StoreState = {
    sequence: 9,
    boots: 1,
    hardState: { term: term(9), votedFor: nodeId('n1') },
    base,
    last: last === undefined ? base : { term: last.term, index: last.lastIndex },
    commitIndex: base.index,
    runs: runs.length,
    digest,
    ...changes.state,
  };
  const stored = runs.map(({ firstIndex, bytes }) => ({ key: keyOfRun(firstIndex), value: bytes }));
  return [...records, ...stored, record(keyOf(RECORD_KIND.state), RECORD_KIND.state, state)];
}

function record(key: Uint8Array, kind: 0x69 | 0x63 | 0x70 | 0x73, value: unknown): DatabaseRecord {
  return { key, value: encodeRecord(kind, value) };
}

async function databaseOf(records: readonly DatabaseRecord[]): Promise<Database> {
  const puts = records.map((put) => ({ type: 'put', ...put }) as const);
  const database = new PromptDisk().rewritten([puts]).database();
  await database.open({ createIfMissing: false });
  return database;
}

async function prove(records: readonly DatabaseRecord[]): Promise<ProvenDatabase | null> {
  return proveDatabase('data', await databaseOf(records));
}

async function refusal(records: readonly DatabaseRecord[]): Promise<string> {
  const error = await prove(records).then(
    () => new Error('it was not refused'),
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ code: 'RAFT_LOG_REFUSED' });
  return error.message;
}

describe('the start-up proof', () => {
  const runs = [run(1, 1, ['a', 'b']), run(1, 3, ['c']), run(4, 4, ['d', 'e', 'f'])];

  it('[ST3] finds the shape of a sound log, its runs and peers', async () => {
    const others = [record(keyOfPeer('n2'), RECORD_KIND.peer, peer('n2', 3))];
    const proven = await prove(recordsFor(runs, { others }));
    expect(proven?.shape).toEqual({
      base: { term: 0, index: 0 },
      lastIndex: 6,
      termRuns: [
        { term: 1, firstIndex: 1 },
        { term: 4, firstIndex: 4 },
      ],
    });
    expect(proven?.runs.length).toBe(3);
    expect(proven?.peers.get('n2')?.peer).toEqual(peer('n2', 3));
  });

  it('[ST13] [ID6] knows a peer of format 1 by its start, and nothing of what was shown to it', async () => {
    const old = { nodeId: 'n2', incarnation: 'i2', boots: 3, boot: 'third' };
    const others = [record(keyOfPeer('n2'), RECORD_KIND.peer, old)];
    const proven = await prove(recordsFor(runs, { others }));
    const met = { incarnation: 'i2', boots: 3, word: 'third' };
    expect(proven?.peers.get('n2')?.peer).toEqual({ nodeId: 'n2', loyalMs: 0, met, shown: null });
  });

  it('[ST3] a log may begin behind a base, and only there', async () => {
    const base = { term: term(1), index: index(40) };
    const later = [run(1, 41, ['a']), run(2, 42, ['b'])];
    const proven = await prove(recordsFor(later, { state: { base } }));
    expect(proven?.shape.base).toEqual(base);
    const early = { term: term(1), index: index(39) };
    expect(await refusal(recordsFor(later, { state: { base: early } }))).toContain(
      'where index 40',
    );
    const newer = { term: term(2), index: index(40) };
    expect(await refusal(recordsFor(later, { state: { base: newer } }))).toContain('terms fall');
  });

  it('[ST3] an empty log ends at its base', async () => {
    const base = { term: term(3), index: index(40) };
    const proven = await prove(recordsFor([], { state: { base, last: base } }));
    expect(proven === null ? null : lastLog(proven.shape)).toEqual(base);
    expect(await prove([])).toBeNull();
  });

  it('[ST19] a state from before it was noted knows nothing to be committed, and none knows more than there is', async () => {
    const known = await prove(recordsFor(runs, { state: { commitIndex: index(6) } }));
    expect(known?.state.commitIndex).toBe(6);
    const { commitIndex: _, ...old } = known?.state ?? expect.fail('it is proven');
    const before = recordsFor(runs).slice(0, -1);
    const older = [...before, record(keyOf(RECORD_KIND.state), RECORD_KIND.state, old)];
    expect((await prove(older))?.state.commitIndex).toBe(0);
    const words = await refusal(recordsFor(runs, { state: { commitIndex: index(7) } }));
    expect(words).toContain('it knows more to be committed than it holds');
  });

  it.each([
    ['a gap', [run(1, 1, ['a']), run(1, 3, ['c'])], 'where index 2 belongs, it holds index 3'],
    [
      'an overlap',
      [run(1, 1, ['a', 'b']), run(1, 2, ['B'])],
      'where index 3 belongs, it holds index 2',
    ],
    ['a missing head', [run(1, 2, ['b'])], 'where index 1 belongs, it holds index 2'],
    ['falling terms', [run(3, 1, ['a']), run(2, 2, ['b'])], 'at index 2 its terms fall'],
    ["a term above the hard state's", [run(10, 1, ['a'])], 'has only reached term 9'],
  ])('[ST3] refuses %s', async (_, log, words) => {
    expect(await refusal(recordsFor(log))).toContain(words);
  });

  it.each([
    ['fewer runs than it counts', { runs: 4 }],
    ['another sum', { digest: 5 }],
    ['another last index', { last: { term: term(4), index: index(7) } }],
    ['another last term', { last: { term: term(3), index: index(6) } }],
  ])('[ST3] refuses a database with %s', async (_, state) => {
    expect(await refusal(recordsFor(runs, { state }))).toContain('is not what its last write left');
  });

  it.each([
    [0, 'not an entry run'],
    [2, 'reserved bits'],
    [9, 'fails its checksum'],
    [45, 'fails its checksum'],
  ])('[ST2] refuses a run whose byte %i changed, and names its index', async (at, words) => {
    const records = recordsFor(runs);
    const victim = records.findIndex(({ key }) => String(key) === String(keyOfRun(index(3))));
    const message = await refusal(changed(records, victim, at));
    expect(message).toContain('damaged at index 3');
    expect(message).toContain(words);
  });

  it('[ST2] [G3] refuses any small record of which a bit changed', async () => {
    const others = [record(keyOfPeer('n2'), RECORD_KIND.peer, peer('n2', 3))];
    const records = recordsFor([], { others });
    for (const [victim, { value }] of records.entries()) {
      for (let at = 0; at < value.length; at += 7) {
        const message = await refusal(changed(records, victim, at));
        expect(message).toContain('its checksum does not match');
      }
    }
  });

  it('[ST2] refuses a record under the key of another', async () => {
    const misplaced = recordsFor(runs).map((stored) =>
      String(stored.key) === String(keyOfRun(index(3)))
        ? { ...stored, key: keyOfRun(index(2)) }
        : stored,
    );
    expect(await refusal(misplaced)).toContain('lies under the key of another');
    const others = [record(keyOfPeer('n3'), RECORD_KIND.peer, peer('n2', 3))];
    expect(await refusal(recordsFor(runs, { others }))).toContain('lies under the key of another');
    const strange = { key: Uint8Array.of(0x7a), value: encodeRecord(RECORD_KIND.peer, {}) };
    expect(await refusal([...recordsFor(runs), strange])).toContain('no known kind');
  });

  it('[ST2] refuses content that makes no sense, though its checksum is right', async () => {
    const sound = recordsFor(runs).filter(({ key }) => key[0] !== RECORD_KIND.state);
    for (const nonsense of [null, 7, { hardState: { term: 1.5, votedFor: 'n1' } }, { boots: -1 }]) {
      const state = record(keyOf(RECORD_KIND.state), RECORD_KIND.state, nonsense);
      expect(await refusal([...sound, state])).toContain('its content makes no sense');
    }
  });

  it('[ST3] refuses a database without identity, configuration or state', async () => {
    for (const kind of [RECORD_KIND.identity, RECORD_KIND.configuration, RECORD_KIND.state]) {
      const records = recordsFor(runs).filter(({ key }) => key[0] !== kind);
      expect(await refusal(records)).toContain('that every store has are not there');
    }
  });

  it('[ST8] refuses a record of a newer version with the advice to start that version', async () => {
    const newer = { key: keyOfPeer('n2'), value: encodeRecord(RECORD_KIND.peer, {}, 2) };
    const message = await refusal(recordsFor(runs, { others: [newer] }));
    expect(message).toContain('newer version of raftchart (format 2)');
    expect(message).toContain('Start this node with the version that wrote it');
  });
});

function changed(
  records: readonly DatabaseRecord[],
  victim: number,
  byte: number,
): DatabaseRecord[] {
  return records.map(({ key, value }, at) => ({
    key,
    value: at === victim ? flipped(value, byte) : value,
  }));
}
