/**
 * Results as bytes, for the wire between server and client (KV20). Never stored: a client and a server
 * that do not know the same version do not talk. Strict on the way in, like the commands; whoever
 * frames several results together keeps their lengths.
 *
 *   u8 version (1), u8 kind, then         block: u32 length, bytes   counter: u64   all little-endian
 *   put              counter revision, u8 previous (0 not asked, 1 none, 2 and a kv)
 *   delete           counter revision, counter deleted, u8 previous (0 not asked, 1 and kvs)
 *   txn              counter revision, u8 succeeded, u8 n, n times u8 kind and put, delete or range
 *   compact          counter revision, counter compactedRevision
 *   conditionFailed  counter revision, counter modRevision
 *   refused          u8 code, block message, counter revision, counter compactedRevision
 *   range            counter revision, counter count, u8 more, kvs
 *   grant            counter revision, counter lease, counter ttl
 *   renew            counter revision, u32 n, n counters: ttl
 *   revoke           counter revision, counter deleted
 *   expire           counter revision, counter deleted, u32 n, n counters: lease
 *   access           counter revision, counter access revision
 * kvs  u32 n, n kv    kv  block key, block value, counters create, mod, version, u8 lease (0 none, 1 and a counter)
 */
import { unreachable } from '../../core/assert.ts';
import type { KeyValue } from '../keys/key-value.ts';
import { ByteReader } from './byte-reader.ts';
import { type ByteWriter, encoded } from './byte-writer.ts';
import type {
  DeleteResult,
  KvResult,
  PutResult,
  RangeResult,
  RefusalCode,
  Refused,
  TxnResponse,
  TxnResult,
} from './results.ts';

/** All that the store can say: the result of a command, or of a read. */
export type KvAnswer = KvResult | RangeResult;

const RESULT_VERSION = 1;
const KINDS = [
  'put',
  'delete',
  'txn',
  'compact',
  'conditionFailed',
  'refused',
  'range',
  'grant',
  'renew',
  'revoke',
  'expire',
  'access',
] as const satisfies readonly KvAnswer['type'][];
const RESPONSE_KINDS = ['put', 'delete', 'range'] as const;
const REFUSALS = [
  'RAFT_BAD_REQUEST',
  'RAFT_COMPACTED',
  'RAFT_FUTURE_REVISION',
  'RAFT_TOO_LARGE',
  'RAFT_LEASE_EXPIRED',
  'RAFT_OVERLOADED',
  'RAFT_CONFLICT',
  'RAFT_NOT_FOUND',
] as const satisfies readonly RefusalCode[];
const BOOLEANS = [false, true] as const;
const PREVIOUS = ['notAsked', 'none', 'some'] as const;
const PREVIOUS_LIST = ['notAsked', 'some'] as const;
const LEASE = ['none', 'some'] as const;

/** The first `headBytes` of what is returned are left for a frame around it. */
export function encodeResult(result: KvAnswer, headBytes = 0): Uint8Array {
  return encoded(writeAnswer, result, { headBytes });
}

/** Throws `RAFT_BAD_REQUEST` for anything else. Keys and values are views into `bytes`. */
export function decodeResult(bytes: Uint8Array): KvAnswer {
  const reader = new ByteReader(bytes, 'result');
  const version = reader.u8();
  if (version !== RESULT_VERSION) reader.fail(`its version is ${version}, not ${RESULT_VERSION}`);
  const result = readAnswer(reader);
  reader.end();
  return result;
}

function writeAnswer(writer: ByteWriter, result: KvAnswer): ByteWriter {
  writer.u8(RESULT_VERSION).u8(KINDS.indexOf(result.type));
  switch (result.type) {
    case 'put':
    case 'delete':
    case 'range':
      return writeResponse(writer, result);
    case 'txn':
      return writeTxn(writer, result);
    case 'compact':
      return writer.counter(result.revision).counter(result.compactedRevision);
    case 'conditionFailed':
      return writer.counter(result.revision).counter(result.modRevision);
    case 'refused':
      return writeRefused(writer, result);
    case 'grant':
      return writer.counter(result.revision).counter(result.lease).counter(result.ttlMs);
    case 'renew':
      return writeCounters(writer.counter(result.revision), result.ttlsMs);
    case 'revoke':
      return writer.counter(result.revision).counter(result.deleted);
    case 'expire':
      writer.counter(result.revision).counter(result.deleted);
      return writeCounters(writer, result.leases);
    case 'access':
      return writer.counter(result.revision).counter(result.accessRevision);
    default:
      return unreachable(result);
  }
}

function readAnswer(reader: ByteReader): KvAnswer {
  const type = reader.choice(KINDS, 'its kind');
  switch (type) {
    case 'put':
    case 'delete':
    case 'range':
      return readResponse(reader, type);
    case 'txn':
      return readTxn(reader);
    case 'compact':
      return { type, revision: reader.counter(), compactedRevision: reader.counter() };
    case 'conditionFailed': {
      const revision = reader.counter();
      return { type, code: 'RAFT_CONDITION_FAILED', revision, modRevision: reader.counter() };
    }
    case 'refused':
      return readRefused(reader);
    case 'grant': {
      const revision = reader.counter();
      const lease = reader.counter();
      return { type, revision, lease, ttlMs: reader.counter() };
    }
    case 'renew':
      return { type, revision: reader.counter(), ttlsMs: readCounters(reader) };
    case 'revoke':
      return { type, revision: reader.counter(), deleted: reader.counter() };
    case 'expire': {
      const revision = reader.counter();
      const deleted = reader.counter();
      return { type, revision, deleted, leases: readCounters(reader) };
    }
    case 'access': {
      const revision = reader.counter();
      return { type, revision, accessRevision: reader.counter() };
    }
    default:
      return unreachable(type);
  }
}

function writeResponse(writer: ByteWriter, response: TxnResponse): ByteWriter {
  switch (response.type) {
    case 'put':
      return writePut(writer, response);
    case 'delete':
      return writeDelete(writer, response);
    case 'range':
      return writeRange(writer, response);
    default:
      return unreachable(response);
  }
}

function readResponse(reader: ByteReader, type: TxnResponse['type']): TxnResponse {
  switch (type) {
    case 'put':
      return readPut(reader);
    case 'delete':
      return readDelete(reader);
    case 'range':
      return readRange(reader);
    default:
      return unreachable(type);
  }
}

function writePut(writer: ByteWriter, { revision, previous }: PutResult): ByteWriter {
  writer.counter(revision);
  if (previous === undefined) return writer.u8(PREVIOUS.indexOf('notAsked'));
  if (previous === null) return writer.u8(PREVIOUS.indexOf('none'));
  return writeKeyValue(writer.u8(PREVIOUS.indexOf('some')), previous);
}

function readPut(reader: ByteReader): PutResult {
  const revision = reader.counter();
  const previous = reader.choice(PREVIOUS, 'what was before');
  if (previous === 'notAsked') return { type: 'put', revision };
  return { type: 'put', revision, previous: previous === 'none' ? null : readKeyValue(reader) };
}

function writeDelete(writer: ByteWriter, result: DeleteResult): ByteWriter {
  const { revision, deleted, previous } = result;
  writer.counter(revision).counter(deleted);
  if (previous === undefined) return writer.u8(PREVIOUS_LIST.indexOf('notAsked'));
  return writeKeyValues(writer.u8(PREVIOUS_LIST.indexOf('some')), previous);
}

function readDelete(reader: ByteReader): DeleteResult {
  const revision = reader.counter();
  const deleted = reader.counter();
  const previous = reader.choice(PREVIOUS_LIST, 'what was before');
  if (previous === 'notAsked') return { type: 'delete', revision, deleted };
  return { type: 'delete', revision, deleted, previous: readKeyValues(reader) };
}

function writeRange(writer: ByteWriter, result: RangeResult): ByteWriter {
  writer.counter(result.revision).counter(result.count).u8(Number(result.more));
  return writeKeyValues(writer, result.kvs);
}

function readRange(reader: ByteReader): RangeResult {
  const revision = reader.counter();
  const count = reader.counter();
  const more = reader.choice(BOOLEANS, 'whether there is more');
  return { type: 'range', revision, kvs: readKeyValues(reader), more, count };
}

function writeTxn(writer: ByteWriter, result: TxnResult): ByteWriter {
  const { revision, succeeded, responses } = result;
  writer.counter(revision).u8(Number(succeeded)).u8(responses.length);
  for (const response of responses) {
    writeResponse(writer.u8(RESPONSE_KINDS.indexOf(response.type)), response);
  }
  return writer;
}

function readTxn(reader: ByteReader): TxnResult {
  const revision = reader.counter();
  const succeeded = reader.choice(BOOLEANS, 'whether it succeeded');
  const responses: TxnResponse[] = [];
  for (let left = reader.u8(); left > 0; left -= 1) {
    responses.push(readResponse(reader, reader.choice(RESPONSE_KINDS, 'the kind of a response')));
  }
  return { type: 'txn', revision, succeeded, responses };
}

function writeRefused(writer: ByteWriter, result: Refused): ByteWriter {
  writer.u8(REFUSALS.indexOf(result.code)).block(new TextEncoder().encode(result.message));
  return writer.counter(result.revision).counter(result.compactedRevision);
}

function readRefused(reader: ByteReader): Refused {
  const code = reader.choice(REFUSALS, 'its code');
  const message = new TextDecoder().decode(reader.block());
  const revision = reader.counter();
  return { type: 'refused', code, message, revision, compactedRevision: reader.counter() };
}

function writeCounters(writer: ByteWriter, counters: readonly number[]): ByteWriter {
  writer.u32(counters.length);
  for (const counter of counters) writer.counter(counter);
  return writer;
}

/** The count is not believed: a list ends where the bytes do. */
function readCounters(reader: ByteReader): number[] {
  const counters: number[] = [];
  for (let left = reader.u32(); left > 0; left -= 1) counters.push(reader.counter());
  return counters;
}

function writeKeyValues(writer: ByteWriter, kvs: readonly KeyValue[]): ByteWriter {
  writer.u32(kvs.length);
  for (const kv of kvs) writeKeyValue(writer, kv);
  return writer;
}

/** The count is not believed: a list ends where the bytes do. */
function readKeyValues(reader: ByteReader): KeyValue[] {
  const kvs: KeyValue[] = [];
  for (let left = reader.u32(); left > 0; left -= 1) kvs.push(readKeyValue(reader));
  return kvs;
}

function writeKeyValue(writer: ByteWriter, kv: KeyValue): ByteWriter {
  writer.block(kv.key).block(kv.value);
  writer.counter(kv.createRevision).counter(kv.modRevision).counter(kv.version);
  if (kv.lease === null) return writer.u8(LEASE.indexOf('none'));
  return writer.u8(LEASE.indexOf('some')).counter(kv.lease);
}

function readKeyValue(reader: ByteReader): KeyValue {
  const key = reader.block();
  const value = reader.block();
  const createRevision = reader.counter();
  const modRevision = reader.counter();
  const version = reader.counter();
  const lease = reader.choice(LEASE, 'its lease') === 'none' ? null : reader.counter();
  return { key, value, createRevision, modRevision, version, lease };
}
