/** Which version of the machine is in use: counted as commands are applied, and brought along by snapshots. */
import { expect, it } from 'vitest';
import type { CommittedCommand, StateMachine } from '../../src/ports/state-machine.ts';
import { SessionMachine } from '../../src/sessions/session-machine.ts';
import {
  clientId,
  command,
  entriesFrom,
  inChunks,
  plain,
  writtenSnapshot,
} from './session-stage.ts';

/** The first letter of a command says which version it came with. */
function machineOf(version: number, most = 9): SessionMachine {
  const inner: StateMachine = {
    version,
    versionOf: (data) => Number(new TextDecoder().decode(data.subarray(0, 1))),
    apply: (batch: readonly CommittedCommand[], isTimeUp) => {
      isTimeUp();
      return batch.slice(0, most).map(() => null);
    },
    snapshot: () => ({ chunks: () => [Uint8Array.of(7)], release: () => {} }),
    restore: async (chunks) => {
      for await (const _ of chunks);
    },
  };
  return new SessionMachine(inner);
}

function apply(machine: SessionMachine, ...texts: readonly string[]): number {
  const given = texts.map((text) => plain(text));
  machine.apply(entriesFrom(1, given), () => false);
  return machine.versionInUse;
}

const snapshotOf = (machine: SessionMachine): Promise<Buffer> => writtenSnapshot({ machine });

it('[UP5] the newest version that a command needed is in use, once it is applied', () => {
  const machine = machineOf(3);
  expect(apply(machine, '1 a', '1 b')).toBe(1);
  expect(apply(machine, '1 c', '3 d', '2 e')).toBe(3);
  expect(apply(machineOf(3, 2), '1 a', '2 b', '3 c')).toBe(2);
  const inSession = command('2 in a session', {
    session: clientId(1),
    sequence: 1,
    opening: { ttlMs: 9_000, notAfterMs: 50_000 },
  });
  const other = machineOf(2);
  other.apply(entriesFrom(1, [inSession]), () => false);
  expect(other.versionInUse).toBe(2);
});

it('[UP5] a snapshot brings it along, and a machine that knows less refuses that, in words', async () => {
  const machine = machineOf(3);
  const before = await snapshotOf(machine);
  apply(machine, '2 a');
  const after = await snapshotOf(machine);
  const third = machineOf(3);
  await third.restore(inChunks(after));
  expect(third.versionInUse).toBe(2);
  await expect(machineOf(1).restore(inChunks(after))).rejects.toMatchObject({
    code: 'RAFT_STATE_MACHINE_FAILED',
    message: expect.stringMatching(/version 2 .* knows version 1: start this node with the build/),
  });
  // As it was before there were versions: older builds read it.
  expect(before[9]).toBe(1);
  expect(after[9]).toBe(2);
  await machineOf(1).restore(inChunks(before));
});
