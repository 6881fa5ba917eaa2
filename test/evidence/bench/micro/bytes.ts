/** What becomes bytes and comes out of them, between members and to clients, and what is summed over them. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import { decodeRequests, encodeRequests } from '../../../../src/client-protocol/request-frame.ts';
import { crc32c } from '../../../../src/core/bytes/checksum.ts';
import { ENTRY_KIND, encodeRun } from '../../../../src/core/entry-run.ts';
import { passingError, RaftError } from '../../../../src/core/errors.ts';
import type { AppendEntries } from '../../../../src/core/message.ts';
import { index, term } from '../../../../src/core/types.ts';
import { decodeFrame, encodeMessage } from '../../../../src/transport/codec.ts';
import type { Measured } from './measured.ts';
import { PUT } from './store.ts';

const TERM = term(3);
const APPEND: AppendEntries = {
  type: 'AppendEntries',
  term: TERM,
  prevLog: { term: TERM, index: index(99) },
  lastIndex: index(100),
  commitIndex: index(98),
  round: 7,
};
const FRAME = encodeMessage(APPEND, 1);
const REQUESTS = [
  { type: 'submit', id: 1, timeoutMs: 5_000, command: PUT, session: null },
] as const;
const REQUEST_FRAME = encodeRequests(REQUESTS);
const BLOCK = new Uint8Array(256 * 1024).fill(7);

function runOf(count: number): Measured {
  const entries = Array.from({ length: count }, () => ({ kind: ENTRY_KIND.command, data: PUT }));
  const at = { term: TERM, firstIndex: index(100), timeMs: 7 };
  const words = count === 1 ? 'one entry' : `${count} entries`;
  return { name: `run: ${words} of 256 bytes, written`, call: () => encodeRun(at, entries) };
}

/** As many calls above as where a frame of requests is served. */
function deep(calls: number, make: () => RaftError): RaftError {
  return calls === 0 ? make() : deep(calls - 1, make);
}

const withStack = (): RaftError => new RaftError('RAFT_OVERLOADED', 'not now');
const passing = (): RaftError => passingError('RAFT_OVERLOADED', 'not now');

export const BYTES: readonly (() => Measured)[] = [
  () => ({ name: 'peers: AppendEntries, written', call: () => encodeMessage(APPEND, 1) }),
  () => ({ name: 'peers: AppendEntries, read and proven', call: () => decodeFrame(FRAME) }),
  () => ({ name: 'clients: a put, written', call: () => encodeRequests(REQUESTS) }),
  () => ({ name: 'clients: a put, read and proven', call: () => decodeRequests(REQUEST_FRAME) }),
  () => ({ name: 'errors: one with a stack', call: () => deep(40, withStack) }),
  () => ({ name: 'errors: a passing one', call: () => deep(40, passing) }),
  () => runOf(1),
  () => runOf(100),
  () => ({ name: 'sum of 256 KiB, our own CRC-32C', call: () => crc32c(BLOCK) }),
  () => ({ name: 'sum of 256 KiB, CRC-32 of zlib', call: () => zlibCrc32(BLOCK) }),
];
