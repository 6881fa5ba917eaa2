/** A data directory of which one part has forgotten what another still knows (ST4, ST7). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeRecord, RECORD_KIND } from '../../../src/storage/records/record.ts';
import { decodeSlots } from '../../../src/storage/records/slot-file.ts';
import { ACKNOWLEDGED } from '../../../src/storage/records/stored-values.ts';
import { PART } from '../../../src/storage/refusals.ts';
import { append, hard, OWNER, run } from '../../../src/testing/contracts/log-operations.ts';
import { Workspace } from '../data-directories.ts';
import {
  acknowledgedIn,
  overtaken,
  recoveredFrom,
  refusalOf,
  replaceParts,
  session,
  used,
  writeHardState,
  writeSlots,
} from './used-directories.ts';

const workspace = new Workspace();

describe('a directory that has forgotten', () => {
  it('[ST7] a log older than the marker is refused, with both ends named', async () => {
    const directory = await used(workspace);
    const older = await overtaken(workspace, directory, hard(7), append(run(7, 9, ['last'])));
    replaceParts(directory, older, PART.log);
    const { code, message } = await refusalOf(directory);
    expect(code).toBe('RAFT_LOG_REFUSED');
    expect(message).toContain('it ends at index 8 (term 2)');
    expect(message).toContain('index 9 (term 7)');
  });

  it('[ST4] a vote that the log has lost is known to the second copy, even if the marker is as old', async () => {
    const directory = await used(workspace);
    const older = await overtaken(workspace, directory, hard(7, 'n3'), append(run(7, 9, ['last'])));
    replaceParts(directory, older, PART.log, PART.acknowledged);
    expect((await refusalOf(directory)).message).toContain('has lost a vote or a term');
  });

  it('[ST4] a vote that was all of its write is not lost with the log, if the marker is as old', async () => {
    const directory = await used(workspace);
    const older = await overtaken(workspace, directory, hard(7, 'n3'));
    replaceParts(directory, older, PART.log, PART.acknowledged);
    expect((await recoveredFrom(directory)).hardState).toEqual({ term: 7, votedFor: 'n3' });
  });

  it.each([PART.acknowledged, PART.hardState])(
    '[ST7] %s with both slots unreadable is refused, with one it opens',
    async (part) => {
      const directory = await used(workspace);
      const path = join(directory, part);
      const bytes = readFileSync(path);
      for (const slot of [0, 4096]) {
        writeFileSync(path, Buffer.from(bytes).fill(0, slot, slot + 4096));
        await session(workspace.copy(directory), OWNER, 3);
      }
      writeFileSync(path, Buffer.alloc(bytes.length));
      const refusal = await refusalOf(directory);
      expect(refusal.message).toContain(`${path} is damaged`);
    },
  );

  it('[ST7] a marker of the last write with another end is refused', async () => {
    const directory = await used(workspace);
    const path = join(directory, PART.acknowledged);
    const { newest } = decodeSlots(ACKNOWLEDGED, readFileSync(path));
    if (newest.type !== 'value') throw new Error('the marker cannot be read');
    const last = { term: 2, index: 7 };
    writeSlots(path, encodeRecord(RECORD_KIND.acknowledged, { ...newest.value, last }));
    expect((await refusalOf(directory)).message).toContain(
      'is not what its last write left behind',
    );
  });

  it('[ST4] two votes in one term are refused', async () => {
    const directory = await used(workspace);
    writeHardState(directory, 1, { term: 2, votedFor: 'n3' });
    const { message } = await refusalOf(directory);
    expect(message).toMatch(/voted for n2 in term 2, .* says for n3/);
  });

  it('[ST4] a copy of the hard state that is newer than the log is refused', async () => {
    const directory = await used(workspace);
    for (const sequence of [1, 1_000]) {
      writeHardState(directory, sequence, { term: 3, votedFor: null });
      expect((await refusalOf(directory)).message).toContain('has lost a vote or a term');
    }
    writeHardState(directory, 1_000, { term: 2, votedFor: 'n2' });
    expect((await refusalOf(directory)).message).toContain('its newest writes are gone');
  });

  it('[ST4] a copy of a write of term and vote alone, which a crash kept from the log, counts from then on', async () => {
    const directory = await used(workspace);
    const { sequence } = acknowledgedIn(directory);
    const cast = { term: 3, votedFor: 'n3' };
    writeHardState(directory, sequence + 1, cast, true);
    for (let start = 0; start < 3; start += 1) {
      expect((await recoveredFrom(directory)).hardState).toEqual(cast);
    }
  });

  it.each([
    ['two writes ahead', 2, { term: 3, votedFor: null }, true],
    ['of a write that changed the log as well', 1, { term: 3, votedFor: null }, false],
    ['of an older term', 1, { term: 1, votedFor: 'n2' }, true],
    ['of another vote in the term', 1, { term: 2, votedFor: 'n3' }, true],
  ] as const)('[ST4] a copy that is %s is refused', async (_, ahead, hardState, isAlone) => {
    const directory = await used(workspace);
    const { sequence } = acknowledgedIn(directory);
    writeHardState(directory, sequence + ahead, hardState, isAlone);
    expect((await refusalOf(directory)).code).toMatch(/^RAFT_/);
  });

  it('[ST4] [ST7] what was acknowledged and is gone from the log is refused, though the copy has it', async () => {
    const directory = await used(workspace);
    const older = await overtaken(workspace, directory, hard(7, 'n3'));
    replaceParts(directory, older, PART.log);
    expect((await refusalOf(directory)).code).toBe('RAFT_LOG_REFUSED');
  });

  it('[ST4] a copy that a crash left one write behind is not refused: the newer one counts', async () => {
    const directory = await used(workspace);
    for (const behind of [
      { term: 2, votedFor: null },
      { term: 1, votedFor: 'n3' },
    ]) {
      writeHardState(directory, 1, behind);
      const { hardState } = await recoveredFrom(directory);
      expect(hardState).toEqual({ term: 2, votedFor: 'n2' });
    }
  });
});
