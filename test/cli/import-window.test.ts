/** What an import has under way side by side, where each transaction is answered when the test says so. */
import { describe, expect, it } from 'vitest';
import { type Batch, batchesOf } from '../../src/cli/json-lines/batches.ts';
import { ImportWindow } from '../../src/cli/json-lines/import-window.ts';
import { linesOf } from '../../src/cli/json-lines/lines.ts';
import {
  IMPORT_BATCH_BYTES_MAX,
  IMPORT_BATCHES_MAX,
  IMPORT_WINDOW_BYTES_MAX,
} from '../../src/cli/limits.ts';
import { RaftError } from '../../src/core/errors.ts';

interface Asked {
  readonly lines: readonly number[];
  readonly answer: (revision: number) => void;
  readonly fail: (error: Error) => void;
}

function opened() {
  const asked: Asked[] = [];
  const told: number[] = [];
  const put = (puts: Batch['puts']): Promise<number> =>
    new Promise((answer, fail) =>
      asked.push({ lines: puts.map(({ line }) => line), answer, fail }),
    );
  const onIn = ({ puts }: Batch): void => void told.push(puts.at(-1)?.line ?? 0);
  return { asked, told, window: new ImportWindow(put, { fromLine: 1, onIn }) };
}

/** Each key is its own line, the value of so many bytes; a blank between two keys begins another batch. */
async function batches(keys: string, valueBytes = 0): Promise<readonly Batch[]> {
  const found: Batch[] = [];
  let line = 0;
  for (const together of keys.split(' ')) {
    const rows = [...together].map((key) => ({ key, value: 'x'.repeat(valueBytes) }));
    const text = '\n'.repeat(line) + rows.map((row) => JSON.stringify(row)).join('\n');
    for await (const batch of batchesOf(linesOf(inOnePiece(text)), 1)) found.push(batch);
    line += rows.length;
  }
  return found;
}

async function* inOnePiece(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Sends them one after the other, each as soon as there is room for it; resolves with how many were. */
async function sendAll(window: ImportWindow, all: readonly Batch[]): Promise<number> {
  let sent = 0;
  for (const batch of all) {
    await window.roomFor(batch);
    if (window.failure !== null) break;
    window.send(batch);
    sent += 1;
  }
  return sent;
}

/** What can happen without another answer has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('the transactions of an import that are under way', () => {
  it('[CL42] are several, but no two of them write one key: what stands later is sent later', async () => {
    const { asked, told, window } = opened();
    const sending = sendAll(window, await batches('ab cd ea f'));
    await settled();
    expect(asked.map(({ lines }) => lines)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    asked[1]?.answer(7);
    await settled();
    expect(asked).toHaveLength(2);
    expect(window.imported).toEqual({ keys: 0, revision: null, throughLine: 0 });
    asked[0]?.answer(8);
    await settled();
    expect(told).toEqual([2, 4]);
    expect(window.imported).toEqual({ keys: 4, revision: 8, throughLine: 4 });
    expect(asked.slice(2).map(({ lines }) => lines)).toEqual([[5, 6], [7]]);
    for (const each of asked.slice(2)) each.answer(9);
    await window.settled();
    expect([await sending, window.imported]).toEqual([4, { keys: 7, revision: 9, throughLine: 7 }]);
  });

  it('[CL42] are bounded in number, from the first that is not in', async () => {
    const { asked, window } = opened();
    const sending = sendAll(window, await batches([...'abcdefghijklmnop'].join(' ')));
    await settled();
    expect(asked).toHaveLength(IMPORT_BATCHES_MAX);
    for (const each of asked.slice(1)) each.answer(2);
    await settled();
    expect(asked).toHaveLength(IMPORT_BATCHES_MAX);
    asked[0]?.answer(1);
    await settled();
    expect(asked).toHaveLength(2 * IMPORT_BATCHES_MAX);
    for (const each of asked) each.answer(3);
    await window.settled();
    expect([await sending, window.imported.keys]).toEqual([16, 16]);
  });

  it('[CL42] are bounded in bytes; one pair goes whatever its size', async () => {
    const few = IMPORT_WINDOW_BYTES_MAX / IMPORT_BATCH_BYTES_MAX;
    const { asked, window } = opened();
    void sendAll(window, await batches('a b c d e f g', IMPORT_BATCH_BYTES_MAX - 1));
    await settled();
    expect(asked).toHaveLength(few);
    const { asked: alone, window: other } = opened();
    void sendAll(other, await batches('a b', 2 * IMPORT_WINDOW_BYTES_MAX));
    await settled();
    expect(alone).toHaveLength(1);
    alone[0]?.answer(1);
    await settled();
    expect(alone).toHaveLength(2);
  });
});

describe('an import of which a part fails', () => {
  it('[CL42] counts what is in with all before it, and knows which lines behind it are', async () => {
    const { asked, window } = opened();
    const sending = sendAll(window, await batches('ab cd ef gh'));
    await settled();
    asked[0]?.answer(1);
    asked[2]?.answer(2);
    asked[3]?.fail(new RaftError('RAFT_OVERLOADED', 'busy'));
    asked[1]?.fail(new RaftError('RAFT_NO_LEADER', 'nobody'));
    await window.settled();
    expect(await sending).toBe(4);
    expect(window.imported).toEqual({ keys: 2, revision: 1, throughLine: 2 });
    expect([window.lastInDoubt, window.isUnknown]).toEqual([6, false]);
    expect(window.failure?.error).toMatchObject({ code: 'RAFT_NO_LEADER' });
  });

  it('[CL42] doubts the lines of which nobody knows what became', async () => {
    const { asked, window } = opened();
    void sendAll(window, await batches('ab cd ef'));
    await settled();
    asked[2]?.fail(new RaftError('RAFT_TIMED_OUT', 'late'));
    asked[0]?.fail(new RaftError('RAFT_NO_LEADER', 'nobody'));
    asked[1]?.fail(new RaftError('RAFT_NO_LEADER', 'nobody'));
    await window.settled();
    expect([window.lastInDoubt, window.isUnknown]).toEqual([6, true]);
    expect(window.imported.throughLine).toBe(0);
  });

  it('[CL42] doubts nothing where nothing else was carried out, and sends nothing more', async () => {
    const { asked, window } = opened();
    const sending = sendAll(window, await batches('ab ca d'));
    await settled();
    asked[0]?.fail(new RaftError('RAFT_TOO_LARGE', 'together'));
    await settled();
    expect(asked.map(({ lines }) => lines)).toEqual([[1, 2], [1]]);
    asked[1]?.answer(4);
    await settled();
    asked[2]?.fail(new RaftError('RAFT_TOO_LARGE', 'alone'));
    await window.settled();
    expect(await sending).toBe(1);
    expect(window.imported).toEqual({ keys: 1, revision: 4, throughLine: 1 });
    expect([window.lastInDoubt, window.isUnknown, asked.length]).toEqual([null, false, 3]);
  });

  it('[CL42] ends at once, however slow its input is', async () => {
    const { asked, window } = opened();
    await sendAll(window, await batches('a'));
    const waiting = window.unlessFailed(new Promise<string>(() => {}));
    asked[0]?.fail(new Error('gone'));
    expect(await waiting).toBeNull();
    expect(await window.unlessFailed(new Promise(() => {}))).toBeNull();
  });
});
