/** Commands as the log hands them over, views into one larger block, numbered; and what many tests put into it. */

import { index, term } from '../../src/core/types.ts';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import type {
  DeleteCommand,
  KvCommand,
  PutCommand,
  TxnOperation,
} from '../../src/kv/commands/commands.ts';
import type { KvResult } from '../../src/kv/commands/results.ts';
import { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import type { CommittedCommand } from '../../src/ports/state-machine.ts';

/** Selects every key. */
export const ALL = { prefix: new Uint8Array(0) };

export function put(key: string, value = 'v'): PutCommand {
  return { type: 'put', key: utf8(key), value: utf8(value) };
}

export function remove(key: string): DeleteCommand {
  return { type: 'delete', key: utf8(key) };
}

/** Without compares. */
export function txn(...success: TxnOperation[]): KvCommand {
  return { type: 'txn', compare: [], success, failure: [] };
}

/** Holds each key with the value 'v', the first at revision 2. */
export function machineWith(...keys: string[]): KvStateMachine {
  const machine = new KvStateMachine();
  apply(machine, ...keys.map((key) => put(key)));
  return machine;
}

export function committed(encoded: readonly Uint8Array[], timeMs = 0): CommittedCommand[] {
  const block = new Uint8Array(encoded.reduce((length, { length: more }) => length + more, 0));
  let at = 0;
  return encoded.map((bytes, place) => {
    block.set(bytes, at);
    at += bytes.length;
    const data = block.subarray(at - bytes.length, at);
    return { index: index(place + 1), term: term(1), timeMs, data, wantsResult: true };
  });
}

/** Applies the commands as one batch. */
export function apply(machine: KvStateMachine, ...commands: KvCommand[]): readonly KvResult[] {
  return wanted(machine.apply(committed(commands.map(encodeCommand))));
}

/** The results of commands that were all asked for. */
export function wanted(results: readonly (KvResult | undefined)[]): readonly KvResult[] {
  return results.filter((result) => result !== undefined);
}

/** Applies one command. */
export function applyOne(machine: KvStateMachine, command: KvCommand): KvResult {
  return apply(machine, command)[0] as KvResult;
}

/** UTF-8 both ways. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}
