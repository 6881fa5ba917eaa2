/** What a member passes on to a leader that has too much: on virtual time, over frames that are counted. */
import { expect, it } from 'vitest';
import type { CommittedCommand, StateMachine } from '../../src/ports/state-machine.ts';
import { decodeFrame } from '../../src/transport/codec.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';

const COMMANDS = 20;
/** One command that is not applied is as much as the leader may have; all those of the burst are less. */
const HELD_BYTES = 10_000;

/** Applies nothing until it is let go. */
class HeldMachine implements StateMachine {
  readonly #released: Promise<void>;

  constructor(released: Promise<void>) {
    this.#released = released;
  }

  async apply(batch: readonly CommittedCommand[]): Promise<readonly null[]> {
    await this.#released;
    return batch.map(() => null);
  }
}

function isPropose({ frames: [first] }: CarriedMessage): boolean {
  const frame = first === undefined ? '' : decodeFrame(first);
  return typeof frame === 'object' && frame.type === 'message' && frame.message.type === 'Propose';
}

it('[SP10] a queue that an overloaded leader refuses does not travel again and again, and is taken soon once it can', async () => {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let passedOn = 0;
  const { cluster, leader, others } = await ledVirtually({
    limits: { unappliedBytesMax: HELD_BYTES, messageBytesMax: 1 },
    machine: () => new HeldMachine(released),
    carry: (message) => {
      if (isPropose(message)) passedOn += 1;
      return true;
    },
  });
  leader.node.submit(new Uint8Array(HELD_BYTES), { timeoutMs: 60_000 }, () => {});
  await cluster.pass(500);
  const ended: string[] = [];
  for (let at = 0; at < COMMANDS; at += 1) {
    others[0].node.submit(new Uint8Array(9), { timeoutMs: 60_000 }, ({ type }) => ended.push(type));
  }
  await cluster.pass(100);
  expect(passedOn).toBeGreaterThanOrEqual(COMMANDS);
  await cluster.pass(4_900);
  expect(ended).toEqual([]);
  // The burst, six pauses that double, and one message each 320 ms; it used to be 20 of them each 20 ms.
  expect(passedOn).toBeLessThanOrEqual(COMMANDS + 6 + 5_000 / 320);
  release();
  await cluster.pass(600);
  expect(ended).toEqual(Array.from({ length: COMMANDS }, () => 'applied'));
  expect(passedOn).toBeLessThanOrEqual(2 * COMMANDS + 6 + 5_600 / 320);
});
