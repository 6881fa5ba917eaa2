/** The key-value store without anything around it. */

import { index, term } from '../../../../src/core/types.ts';
import { encodeCommand } from '../../../../src/kv/commands/command-codec.ts';
import { KvStateMachine } from '../../../../src/kv/kv-state-machine.ts';
import type { CommittedCommand } from '../../../../src/ports/state-machine.ts';
import { VirtualClock } from '../../../../src/testing/virtual-clock.ts';
import type { Measured } from './measured.ts';

const KEYS = 10_000;
/** Versions that nobody can ask for any more go, so that any number can be put. */
const KEPT_REVISIONS = 1_000;
const VALUE = new Uint8Array(256).fill(0x61);

const commandFor = (at: number): Uint8Array =>
  encodeCommand({ type: 'put', key: keyOf(at % KEYS), value: VALUE });
export const PUT = commandFor(1);

function keyOf(at: number): Uint8Array {
  return new TextEncoder().encode(`key/${String(at).padStart(7, '0')}`);
}

function put(): Measured {
  const machine = new KvStateMachine({ onListenerError: () => {}, clock: new VirtualClock() });
  const commands = Array.from({ length: KEYS }, (_, at) => commandFor(at));
  let applied = 0;
  const next = (data: Uint8Array): CommittedCommand => {
    applied += 1;
    return { index: index(applied), term: term(1), timeMs: 1, data, wantsResult: true };
  };
  const call = (): unknown => {
    if (applied % KEPT_REVISIONS === KEPT_REVISIONS - 1) {
      const revision = machine.revision;
      return machine.apply([next(encodeCommand({ type: 'compact', revision }))]);
    }
    return machine.apply([next(commands[applied % KEYS] ?? PUT)]);
  };
  for (let at = 0; at < KEYS; at += 1) call();
  return { name: 'store: a put over one of 10,000 keys', call };
}

export const STORE: readonly (() => Measured)[] = [
  put,
  () => ({ name: 'store: a put as a command, written', call: () => commandFor(1) }),
];
