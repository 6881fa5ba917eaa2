/** Clients of a subject that live in programs of their own: what they are handed, and what a run asks of them. */
import type { StateMachine } from '../../../ports/state-machine.ts';
import type { CallBook } from '../checks/call-book.ts';
import type { Subject } from '../subjects/subject.ts';
import type { World } from '../world/world.ts';

export interface RemoteOptions<Input, Output>
  extends Pick<Subject<Input, Output, StateMachine>, 'draw' | 'encode'> {
  readonly world: World;
  /** Where all calls of a run are kept. */
  readonly book: CallBook<Input, Output>;
}

/** Several as one. */
export function together(remotes: readonly Remote[]): Remote {
  return {
    start: () => {
      for (const remote of remotes) remote.start();
    },
    mend: () => {
      for (const remote of remotes) remote.mend();
    },
    stop: () => {
      for (const remote of remotes) remote.stop();
    },
    resume: () => {
      for (const remote of remotes) remote.resume();
    },
    get isIdle() {
      return remotes.every(({ isIdle }) => isIdle);
    },
    isThrough: () => remotes.every((remote) => remote.isThrough()),
    get toldCount() {
      return remotes.reduce((sum, { toldCount }) => sum + toldCount, 0);
    },
    judge: () => remotes.map((remote) => remote.judge()).every((isDecided) => isDecided),
  };
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
  /** Holds everything against the store; the cluster is whole and at rest. False: it was too hard to judge within its bound. */
  judge(): boolean;
}
