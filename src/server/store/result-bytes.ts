/** About how large a result is in a frame, known before it is encoded: then it need not be (SP6, SP8). */
import { unreachable } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import type { KvAnswer } from '../../kv/commands/result-codec.ts';
import type { TxnResponse } from '../../kv/commands/results.ts';
import type { KeyValue } from '../../kv/keys/key-value.ts';
import { REPLY_BYTES_MAX } from '../limits.ts';

/** The write is done and stays done: only its answer is refused (SP8). */
export function writeTooLarge(revision: number, bytes: number): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `The write was carried out, at revision ${revision}. What it returns has ${bytes} bytes, more than an answer may have. Do not repeat it; read what was there at the revision before.`,
  );
}

export function readTooLarge(bytes: number): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `The answer has ${bytes} bytes, more than the ${REPLY_BYTES_MAX} that fit into a frame. Read this key over HTTP.`,
  );
}

/** What a result, or one of its keys, costs besides keys and values. */
const OVERHEAD_BYTES = 64;
const COUNTER_BYTES = 8;

export function resultBytes(result: KvAnswer): number {
  switch (result.type) {
    case 'put':
    case 'delete':
    case 'range':
      return responseBytes(result);
    case 'txn':
      return result.responses.reduce((sum, each) => sum + responseBytes(each), OVERHEAD_BYTES);
    case 'refused':
      return OVERHEAD_BYTES + result.message.length;
    case 'renew':
      return OVERHEAD_BYTES + COUNTER_BYTES * result.ttlsMs.length;
    case 'expire':
      return OVERHEAD_BYTES + COUNTER_BYTES * result.leases.length;
    case 'access':
    case 'compact':
    case 'grant':
    case 'revoke':
    case 'conditionFailed':
      return OVERHEAD_BYTES;
    default:
      return unreachable(result);
  }
}

function responseBytes(response: TxnResponse): number {
  switch (response.type) {
    case 'put':
      return OVERHEAD_BYTES + (response.previous ? bytesOf(response.previous) : 0);
    case 'delete':
      return OVERHEAD_BYTES + bytesOfAll(response.previous ?? []);
    case 'range':
      return OVERHEAD_BYTES + bytesOfAll(response.kvs);
    default:
      return unreachable(response);
  }
}

function bytesOfAll(kvs: readonly KeyValue[]): number {
  return kvs.reduce((sum, kv) => sum + bytesOf(kv), 0);
}

function bytesOf({ key, value }: KeyValue): number {
  return OVERHEAD_BYTES + key.length + value.length;
}
