/** From the replies of a server to the answers of calls; what cannot be read is claimed by nobody (CL9). */
import type { ClientReply, Consistency } from '../../client-protocol/frame-shapes.ts';
import { RaftError, type Retry } from '../../core/errors.ts';
import { decodeResult, type KvAnswer } from '../../kv/commands/result-codec.ts';
import type { KeyValue } from '../../kv/keys/key-value.ts';
import { ownKeyValue } from './client-output.ts';

export interface RangeAnswer {
  /** The store's revision when this was answered. */
  readonly revision: number;
  /** In the order of the keys' bytes. */
  readonly kvs: readonly KeyValue[];
  /** True if keys were left out: go on with `start` just after the last one, at the same `revision`. */
  readonly more: boolean;
  /** How many keys there are, those left out included. */
  readonly count: number;
  /** What was served, which may be stronger than what was asked for. */
  readonly served: Consistency;
}

/** A result that cannot be read says nothing of whether the write took place (CL9). */
export function readResult(bytes: Uint8Array, retry: Retry): KvAnswer {
  try {
    return decodeResult(bytes);
  } catch (cause) {
    const text = `The server's answer could not be read: ${describe(cause)}`;
    throw new RaftError('RAFT_OUTCOME_UNKNOWN', text, { retry, cause });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function rangeAnswer(reply: ClientReply): RangeAnswer {
  if (reply.type !== 'read') throw wrongReply(reply);
  const result = readResult(reply.result, 'safe');
  if (result.type !== 'range') throw wrongReply(reply);
  const { revision, kvs, more, count } = result;
  return { revision, kvs: kvs.map(ownKeyValue), more, count, served: reply.served };
}

export function statusAnswer(reply: ClientReply): Readonly<Record<string, unknown>> {
  if (reply.type !== 'status') throw wrongReply(reply);
  const status: unknown = JSON.parse(reply.status);
  if (status instanceof Object) return { ...status };
  throw wrongReply(reply);
}

export function wrongReply(reply: ClientReply): RaftError {
  return new RaftError('RAFT_OUTCOME_UNKNOWN', `The server answered with a ${reply.type} reply.`);
}
