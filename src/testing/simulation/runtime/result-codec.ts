/** Results as bytes, through what the simulator puts around a machine. */
import type { StateMachine } from '../../../ports/state-machine.ts';

/** What a machine has of it: a machine around it must have the same. */
export function resultCodecOf(
  machine: StateMachine,
): Pick<StateMachine, 'encodeResult' | 'decodeResult'> {
  if (machine.encodeResult === undefined || machine.decodeResult === undefined) return {};
  return {
    encodeResult: (result) => machine.encodeResult?.(result) ?? null,
    decodeResult: (bytes) => machine.decodeResult?.(bytes),
  };
}
