/** The bytes of a backup: what was written comes back, and nothing else is taken for a whole one. */
import { expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { BackupWriter } from '../../../src/server/backup/backup-format.ts';
import { HEADER, readAll, recordsOf } from './backups.ts';

const CHUNKS = ['first', 'second', 'x'.repeat(300)].map((text) => new TextEncoder().encode(text));
const WHOLE = Buffer.concat(recordsOf(CHUNKS));
const REFUSED = { code: 'RAFT_LOG_REFUSED' };

it('[BK2] a backup is read as it was written, in whatever pieces it comes', async () => {
  for (const size of [1, 7, 64, 10_000]) {
    const [first, ...others] = await readAll(WHOLE, size);
    const last = others.pop();
    expect(first).toEqual({ type: 'header', header: HEADER });
    expect(others.map((each) => (each.type === 'chunk' ? Buffer.from(each.chunk) : null))).toEqual(
      CHUNKS.map((chunk) => Buffer.from(chunk)),
    );
    expect(last).toMatchObject({ type: 'end', chunks: 3, bytes: 311 });
  }
});

it('[BK2] every flipped bit is refused', async () => {
  for (let at = 0; at < WHOLE.length; at += 1) {
    const damaged = Buffer.from(WHOLE);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    await expect(readAll(damaged), `byte ${at}`).rejects.toMatchObject(REFUSED);
  }
});

it('[BK2] every cut is refused', async () => {
  for (let length = 0; length < WHOLE.length; length += 1) {
    await expect(readAll(WHOLE.subarray(0, length)), `${length}`).rejects.toMatchObject(REFUSED);
  }
});

it('[BK2] parts that are left out, swapped, doubled, of another backup, or behind the end are refused', async () => {
  const [header, one, two, three, end] = recordsOf(CHUNKS) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const [, otherOne] = recordsOf([new TextEncoder().encode('another')]) as [Buffer, Buffer];
  for (const records of [
    [header, one, three, end],
    [header, two, one, three, end],
    [header, one, one, two, three, end],
    [header, otherOne, two, three, end],
    [header, one, two, end],
    [header, one, two, three, end, end],
    [header, header, one, two, three, end],
    [one, two, three, end],
    [header.subarray(8), one, two, three, end],
  ]) {
    await expect(readAll(Buffer.concat(records))).rejects.toMatchObject(REFUSED);
  }
});

it('[BK2] another format is refused by its number, and what the server said of a failure is told', async () => {
  const newer = Buffer.concat(recordsOf(CHUNKS, { ...HEADER, format: 2 }));
  await expect(readAll(newer)).rejects.toThrow('it is of format 2, and this version reads 1');
  const writer = new BackupWriter();
  const failure = new RaftError('RAFT_STOPPED', 'It stops.', { retry: 'safe' });
  const ended = [writer.header(HEADER), writer.failure(failure)];
  await expect(readAll(Buffer.concat(ended))).rejects.toMatchObject({
    code: 'RAFT_STOPPED',
    retry: 'safe',
    message: 'The server ended it before it was whole: It stops.',
  });
});
