/** What programs on the client library ask for, and what each answer claims of the store (P01). */

import type { KvClient } from '../../../client/kv-client.ts';
import { ConditionFailedError } from '../../../client/values/client-output.ts';
import type { RangeAnswer } from '../../../client/values/reply-reading.ts';
import type { Consistency } from '../../../client-protocol/frame-shapes.ts';
import { unreachable } from '../../../core/assert.ts';
import type { LogId } from '../../../core/log-id.ts';
import { encodeCommand } from '../../../kv/commands/command-codec.ts';
import type { KeyValueInput, KeyValueOutput } from '../../linearizability/models/key-value.ts';
import { PREFIX, type StoreRecord } from './store-record.ts';

export interface Answer {
  /** One for each input. */
  readonly outputs: readonly KeyValueOutput[];
  /** What is wrong with it, in words; `null`: nothing. */
  readonly fault: (record: StoreRecord) => string | null;
  /** What took effect, if anything did. */
  readonly write?: Write;
}

/** Where a write stands. */
export interface Write {
  readonly logId: LogId;
  readonly revision: number;
}

export interface KvRequest {
  /** What of it enters the history of all clients, all at one moment; a read that may be stale does not. */
  readonly inputs: readonly KeyValueInput[];
  /** As the client sends it; `null`: it only reads. */
  readonly command: Uint8Array | null;
  /** Written values, which are written at most once. */
  readonly written: readonly { readonly key: string; readonly value: string }[];
  readonly ask: (client: KvClient) => Promise<Answer>;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function singleRequest(
  input: KeyValueInput,
  command: Uint8Array | null,
  consistency: Consistency,
): KvRequest {
  const isPut = input.type !== 'get' && input.type !== 'delete';
  const written = isPut ? [{ key: input.key, value: input.value }] : [];
  return { inputs: [input], command, written, ask: (client) => askOne(client, input, consistency) };
}

/** Two keys in one transaction: one revision tells of both. */
export function pairRequest(keys: readonly string[], value: string): KvRequest {
  const puts = keys.map((key) => ({ type: 'put', key, value }) as const);
  const success = keys.map((key) => ({
    type: 'put' as const,
    key: encoder.encode(key),
    value: encoder.encode(value),
  }));
  return {
    inputs: puts,
    command: encodeCommand({ type: 'txn', compare: [], success, failure: [] }),
    written: puts,
    ask: async (client) => {
      const { logId, revision } = await client.txn({ success: puts });
      return {
        write: { logId, revision },
        outputs: puts.map(() => ({ type: 'done', changed: true })),
        fault: (record) => firstFault(puts.map(({ key }) => wrote(record, revision, key, value))),
      };
    },
  };
}

/** All keys at once. A local read may be old, but it is the store as it stood at one revision. */
export function rangeRequest(keys: readonly string[], consistency: Consistency): KvRequest {
  const inputs = consistency === 'local' ? [] : keys.map((key) => ({ type: 'get', key }) as const);
  return {
    inputs,
    command: null,
    written: [],
    ask: async (client) => {
      const answer = await client.range({ prefix: PREFIX, consistency });
      const found = valuesOf(answer);
      return {
        // A key that was left out for want of room says nothing.
        outputs: answer.more ? [] : inputs.map(({ key }) => valueOutput(found.get(key) ?? null)),
        fault: (record) => faultOfRange(record, answer, keys),
      };
    },
  };
}

/** What was just written, at whichever server: a local read that waits for it (RD5). */
export function ownRequest(keys: readonly string[], { logId, revision }: Write): KvRequest {
  return {
    inputs: [],
    command: null,
    written: [],
    ask: async (client) => {
      const answer = await client.range({ prefix: PREFIX, atLeast: logId });
      const early = `a read of what revision ${revision} wrote is answered at ${answer.revision}`;
      const fault = (record: StoreRecord) =>
        answer.revision < revision ? early : faultOfRange(record, answer, keys);
      return { outputs: [], fault };
    },
  };
}

async function askOne(
  client: KvClient,
  input: KeyValueInput,
  consistency: Consistency,
): Promise<Answer> {
  const { key } = input;
  switch (input.type) {
    case 'get': {
      const answer = await client.range({ key, consistency });
      const value = valuesOf(answer).get(key) ?? null;
      const fault = (record: StoreRecord) => faultOfRange(record, answer, [key]);
      return { outputs: [valueOutput(value)], fault };
    }
    case 'put': {
      const { logId, revision } = await client.put(key, input.value);
      const write = { logId, revision };
      return { ...done(true, (record) => wrote(record, revision, key, input.value)), write };
    }
    case 'delete': {
      const { revision, deleted } = await client.delete(key);
      return done(deleted > 0, (record) =>
        deleted > 0 ? wrote(record, revision, key, null) : null,
      );
    }
    case 'create':
      return create(client, key, input.value);
    case 'compareAndSet': {
      const { key: _, expected, value } = input;
      const { succeeded, revision } = await client.txn({
        compare: [{ key, target: 'value', operator: '=', value: expected }],
        success: [{ type: 'put', key, value }],
      });
      return done(succeeded, (record) => (succeeded ? wrote(record, revision, key, value) : null));
    }
    default:
      return unreachable(input);
  }
}

async function create(client: KvClient, key: string, value: string): Promise<Answer> {
  try {
    const { revision } = await client.put(key, value, { condition: { type: 'absent' } });
    return done(true, (record) => wrote(record, revision, key, value));
  } catch (error) {
    if (error instanceof ConditionFailedError) return done(false, () => null);
    throw error;
  }
}

function done(changed: boolean, fault: Answer['fault']): Answer {
  return { outputs: [{ type: 'done', changed }], fault };
}

function valueOutput(value: string | null): KeyValueOutput {
  return { type: 'value', value };
}

function valuesOf({ kvs }: RangeAnswer): ReadonlyMap<string, string> {
  return new Map(kvs.map(({ key, value }) => [decoder.decode(key), decoder.decode(value)]));
}

function wrote(
  record: StoreRecord,
  revision: number,
  ...[key, value]: [string, string | null]
): string | null {
  const truth = record.changeAt(revision, key);
  if (truth === value) return null;
  return `revision ${revision} is said to have made ${key} ${value}, and made it ${truth}`;
}

function faultOfRange(
  record: StoreRecord,
  answer: RangeAnswer,
  keys: readonly string[],
): string | null {
  const values = valuesOf(answer);
  const known = keys.filter((key) => !answer.more || values.has(key));
  const faults = known.map((key) => {
    const [told, truth] = [values.get(key) ?? null, record.valueAt(answer.revision, key)];
    return told === truth
      ? null
      : `${key} is said to be ${told} at ${answer.revision}, not ${truth}`;
  });
  const strange = [...values.keys()].find((key) => !keys.includes(key));
  return strange === undefined ? firstFault(faults) : `${strange} was not asked for`;
}

function firstFault(faults: readonly (string | null)[]): string | null {
  return faults.find((fault) => fault !== null) ?? null;
}
