/**
 * Transactions as JSON: `{compare:[{key,target,op,value}], success:[…], failure:[…]}`, where an operation is
 * `{op:'put',key,value}`, `{op:'delete',key}` or `{op:'range',key}`, the latter two also with `prefix`,
 * `start` and `end` (the library's `type` is taken for `op`, too). What is misspelt is refused: an ignored field would be another transaction (SV13).
 */
import { unreachable } from '../../../core/assert.ts';
import {
  COMPARE_OPERATORS,
  COMPARE_TARGETS,
  type Compare,
  type TxnCommand,
  type TxnOperation,
} from '../../../kv/commands/commands.ts';
import type { TxnResponse, TxnResult } from '../../../kv/commands/results.ts';
import { type KeySelector, SELECTOR_PARTS, selectorOf } from '../../../kv/keys/key-selector.ts';
import { badRequest } from '../../errors.ts';
import { counterOf, fieldsOf, leaseOf } from '../request/json-body.ts';
import {
  bytesFromJson,
  type JsonEncoding,
  type JsonFields,
  keyValueJson,
} from '../request/json-bytes.ts';

const PUT_FIELDS = ['key', 'value', 'lease', 'returnPrevious'];
const KINDS: readonly TxnOperation['type'][] = ['put', 'delete', 'range'];

export function txnFromJson(json: unknown, encoding: JsonEncoding): TxnCommand {
  const txn = fieldsOf(json, 'The transaction', ['compare', 'success', 'failure']);
  const branch = (name: 'success' | 'failure'): readonly TxnOperation[] =>
    listOf(txn[name], name).map((each, at) => operationFrom(each, `${name}[${at}]`, encoding));
  return {
    type: 'txn',
    compare: listOf(txn.compare, 'compare').map((each, at) =>
      compareFrom(each, `compare[${at}]`, encoding),
    ),
    success: branch('success'),
    failure: branch('failure'),
  };
}

export function txnToJson(
  result: TxnResult,
  command: TxnCommand,
  encoding: JsonEncoding,
): JsonFields {
  const { revision, succeeded, responses } = result;
  const operations = succeeded ? command.success : command.failure;
  return {
    revision,
    succeeded,
    responses: responses.map((response, at) =>
      responseJson(response, { encoding, keysOnly: isKeysOnly(operations[at]) }),
    ),
  };
}

function isKeysOnly(operation: TxnOperation | undefined): boolean {
  return operation?.type === 'range' && operation.keysOnly === true;
}

type Shape = { readonly encoding: JsonEncoding; readonly keysOnly: boolean };

function responseJson(response: TxnResponse, shape: Shape): JsonFields {
  const { type: op, revision } = response;
  const whole = { ...shape, keysOnly: false };
  switch (response.type) {
    case 'put': {
      const { previous } = response;
      if (previous === undefined) return { op, revision };
      return { op, revision, previous: previous === null ? null : keyValueJson(previous, whole) };
    }
    case 'delete': {
      const { deleted, previous } = response;
      if (previous === undefined) return { op, revision, deleted };
      return { op, revision, deleted, previous: previous.map((kv) => keyValueJson(kv, whole)) };
    }
    case 'range': {
      const { more, count } = response;
      return { op, revision, kvs: response.kvs.map((kv) => keyValueJson(kv, shape)), more, count };
    }
    default:
      return unreachable(response);
  }
}

function compareFrom(json: unknown, where: string, encoding: JsonEncoding): Compare {
  const fields = fieldsOf(json, where, ['key', 'target', 'op', 'value']);
  const key = bytesFromJson(fields.key, `${where}.key`, encoding);
  const target = wordOf(fields.target, `${where}.target`, COMPARE_TARGETS);
  const operator = wordOf(fields.op, `${where}.op`, COMPARE_OPERATORS);
  const { value } = fields;
  if (target === 'value') {
    return { key, target, operator, value: bytesFromJson(value, `${where}.value`, encoding) };
  }
  return { key, target, operator, value: counterOf(value, `${where}.value`) };
}

function operationFrom(json: unknown, where: string, encoding: JsonEncoding): TxnOperation {
  const { op, type = op } = fieldsOf(json, where, null);
  if (op !== undefined && type !== op) throw badRequest(`${where} has both op and type; give one.`);
  const kind = wordOf(type, `${where}.op`, KINDS);
  switch (kind) {
    case 'put': {
      const fields = fieldsOf(json, where, ['op', 'type', ...PUT_FIELDS]);
      const key = bytesFromJson(fields.key, `${where}.key`, encoding);
      const value = bytesFromJson(fields.value, `${where}.value`, encoding);
      const { lease } = fields;
      const bound = lease === undefined ? {} : { lease: leaseOf(lease, `${where}.lease`) };
      return { type: 'put', key, value, ...bound, ...previousFlag(fields, where) };
    }
    case 'delete': {
      const fields = fieldsOf(json, where, ['op', 'type', ...SELECTOR_PARTS, 'returnPrevious']);
      return {
        type: 'delete',
        ...selectorFrom(fields, where, encoding),
        ...previousFlag(fields, where),
      };
    }
    case 'range':
      return rangeFrom(json, where, encoding);
    default:
      return unreachable(kind);
  }
}

function rangeFrom(json: unknown, where: string, encoding: JsonEncoding): TxnOperation {
  const own = ['limit', 'revision', 'keysOnly', 'countOnly'];
  const fields = fieldsOf(json, where, ['op', 'type', ...SELECTOR_PARTS, ...own]);
  const { limit, revision } = fields;
  return {
    type: 'range',
    ...selectorFrom(fields, where, encoding),
    ...(limit !== undefined && { limit: counterOf(limit, `${where}.limit`) }),
    ...(revision !== undefined && { revision: counterOf(revision, `${where}.revision`) }),
    ...(flagOf(fields, 'keysOnly', where) && { keysOnly: true }),
    ...(flagOf(fields, 'countOnly', where) && { countOnly: true }),
  };
}

function selectorFrom(fields: JsonFields, where: string, encoding: JsonEncoding): KeySelector {
  return selectorOf((part) => {
    const value = fields[part];
    return value === undefined ? null : bytesFromJson(value, `${where}.${part}`, encoding);
  });
}

function previousFlag(fields: JsonFields, where: string): { readonly returnPrevious?: boolean } {
  return flagOf(fields, 'returnPrevious', where) ? { returnPrevious: true } : {};
}

function flagOf(fields: JsonFields, name: string, where: string): boolean {
  const value = fields[name];
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw badRequest(`${where}.${name} must be true or false.`);
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw badRequest(`${where} must be a JSON array.`);
}

function wordOf<Word extends string>(value: unknown, where: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  throw badRequest(`${where} must be one of ${words.map((each) => `"${each}"`).join(', ')}.`);
}
