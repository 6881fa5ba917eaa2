/** Clients of a subject that live in programs of their own: what they are handed, and what a run asks of them. */
import type { Operation } from '../../linearizability/operation.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Caller, Previous } from '../subjects/subject.ts';
import type { World } from '../world/world.ts';

/** Where all calls of a run are kept. */
export interface CallBook<Input, Output> {
  record(operation: Operation<Input, Output> & { readonly hash: number | null }): void;
  noteHandedIn(command: Uint8Array | null): void;
  /** By the hash of the command: refused for certain, and with which code. */
  readonly refused: Map<number, string>;
}

export interface RemoteOptions<Input, Output> {
  readonly world: World;
  readonly clients: CallBook<Input, Output>;
  readonly draw: (
    random: SeededRandom,
    caller: Caller,
    previous: Previous<Input, Output> | null,
  ) => Input;
  readonly encode: (input: Input) => Uint8Array | null;
}

export interface Remote {
  start(): void;
  /** Nothing befalls a stream any more, and nobody is hostile any more. */
  mend(): void;
  /** Lets calls under way end and makes no new ones. */
  stop(): void;
  resume(): void;
  readonly isIdle: boolean;
  /** Every watch was told all that there is to tell. */
  isThrough(): boolean;
  /** How much all watches were told so far. */
  readonly toldCount: number;
  /** Holds everything against the store; the cluster is whole and at rest. */
  judge(): void;
}
