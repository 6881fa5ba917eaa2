/** The key-value store under simulation: a few hot keys, values never used twice, every kind of conditional write. */
import { unreachable } from '../../../core/assert.ts';
import { encodeCommand } from '../../../kv/commands/command-codec.ts';
import type { KvCommand } from '../../../kv/commands/commands.ts';
import type { KvResult } from '../../../kv/commands/results.ts';
import { KvStateMachine } from '../../../kv/kv-state-machine.ts';
import {
  type KeyValueInput,
  type KeyValueOutput,
  keyValue,
} from '../../linearizability/models/key-value.ts';
import type { SeededRandom } from '../runtime/random.ts';
import { type Caller, linearizable, type Subject } from './subject.ts';

export interface KeyValueWorkload {
  /** How many keys there are; 1 makes every client meet every other. */
  readonly keys: number;
  /** The share of calls that only read, in `[0, 1]`. */
  readonly reads: number;
  /** Characters of a value, at most; most are short. */
  readonly valueBytesMax: number;
}

type KeyValueSubject = Subject<KeyValueInput, KeyValueOutput, KvStateMachine>;

export function keyValueSubject(workload: KeyValueWorkload): KeyValueSubject {
  return {
    name: 'key-value store',
    create: () => new KvStateMachine({ snapshotItemsMax: SNAPSHOT_ITEMS_MAX }),
    draw: (random, caller) => draw(workload, random, caller),
    encode: (input) => (input.type === 'get' ? null : encodeCommand(commandOf(input))),
    read: (machine, { key }) => ({ type: 'value', value: storedValue(machine, key) }),
    decode: (result) => ({ type: 'done', changed: hasChanged(result as KvResult) }),
    digest: (machine) => machine.stateHash(),
    judge: linearizable(keyValue),
  };
}

/** Small, so that snapshots have chunks that stay as they are. */
const SNAPSHOT_ITEMS_MAX = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function draw(workload: KeyValueWorkload, random: SeededRandom, caller: Caller): KeyValueInput {
  const key = `k${random.integer(1, workload.keys)}`;
  if (random.chance(workload.reads)) return { type: 'get', key };
  const value = valueFor(workload, random, caller);
  switch (random.integer(0, 5)) {
    case 0:
      return { type: 'delete', key };
    case 1:
      return { type: 'create', key, value };
    case 2:
      return { type: 'compareAndSet', key, expected: likelyValue(random, caller), value };
    default:
      return { type: 'put', key, value };
  }
}

/** Names its writer and the number of its call, so that a value that is read tells who wrote it. */
function valueFor(
  { valueBytesMax }: KeyValueWorkload,
  random: SeededRandom,
  caller: Caller,
): string {
  const name = `${caller.client}.${caller.sequence}`;
  return random.chance(0.05) ? name.padEnd(random.integer(1, valueBytesMax), '·') : name;
}

/** What someone may have written not long ago. */
function likelyValue(random: SeededRandom, { client, sequence }: Caller): string {
  return `${random.chance(0.5) ? client : random.integer(1, 4)}.${sequence - random.integer(0, 3)}`;
}

function commandOf(input: Exclude<KeyValueInput, { type: 'get' }>): KvCommand {
  const key = encoder.encode(input.key);
  if (input.type === 'delete') return { type: 'delete', key };
  const value = encoder.encode(input.value);
  if (input.type === 'put') return { type: 'put', key, value };
  if (input.type === 'create') return { type: 'put', key, value, condition: { type: 'absent' } };
  const expected = encoder.encode(input.expected);
  return {
    type: 'txn',
    compare: [{ key, target: 'value', operator: '=', value: expected }],
    success: [{ type: 'put', key, value }],
    failure: [],
  };
}

function hasChanged(result: KvResult): boolean {
  switch (result.type) {
    case 'put':
      return true;
    case 'delete':
      return result.deleted > 0;
    case 'txn':
      return result.succeeded;
    case 'compact':
    case 'grant':
    case 'renew':
    case 'revoke':
    case 'expire':
    case 'access':
    case 'conditionFailed':
    case 'refused':
      return false;
    default:
      return unreachable(result);
  }
}

function storedValue(machine: KvStateMachine, key: string): string | null {
  const found = machine.get(encoder.encode(key));
  return found === null ? null : decoder.decode(found.value);
}
