/** What all clients of a run asked and were told: the history that is judged at the end (S31, S32). */
import type { RaftError } from '../../../core/errors.ts';
import type { Operation } from '../../linearizability/operation.ts';
import type { SometimesLog } from '../runtime/sometimes.ts';
import { hashOf } from './durable-log.ts';
import type { History } from './history.ts';
import type { Report } from './violation.ts';

export interface BookedCall<Input> {
  readonly client: number;
  /** All of them at one moment. */
  readonly inputs: readonly Input[];
  /** `null`: it only reads. */
  readonly command: Uint8Array | null;
  readonly calledAt: number;
}

interface BookedOperation<Input, Output> extends Operation<Input, Output> {
  /** The hash of its command; `null`: it only read. */
  readonly hash: number | null;
}

const UNKNOWN_AND_DONE = 'a command of unknown outcome was carried out';
const UNKNOWN_AND_NOT = 'a command of unknown outcome was never carried out';

export class CallBook<Input, Output> {
  readonly #operations: BookedOperation<Input, Output>[] = [];
  /** By the hash of each command that was refused for certain: the code. */
  readonly #refused = new Map<number, string>();
  /** How often each command was handed in. */
  readonly #handedIn = new Map<number, number>();

  get count(): number {
    return this.#operations.length;
  }

  noteHandedIn(command: Uint8Array | null): void {
    if (command === null) return;
    const hash = hashOf(0, command);
    this.#handedIn.set(hash, (this.#handedIn.get(hash) ?? 0) + 1);
  }

  noteAnswered(call: BookedCall<Input>, outputs: readonly Output[], returnedAt: number): void {
    for (const [at, output] of outputs.entries()) this.#book(call, at, { output, returnedAt });
  }

  /** Returns what the client makes of it: a command that was refused for certain never takes effect. */
  noteFailed(call: BookedCall<Input>, error: RaftError): 'unknown' | 'refused' {
    const isUnknown = error.retry === 'outcomeUnknown';
    if (isUnknown) this.noteUnknown(call);
    else if (call.command !== null) this.#refused.set(hashOf(0, call.command), error.code);
    return isUnknown ? 'unknown' : 'refused';
  }

  /** It may have taken effect, or may yet. */
  noteUnknown(call: BookedCall<Input>): void {
    if (call.command === null) return;
    for (const at of call.inputs.keys()) this.#book(call, at, { output: null, returnedAt: null });
  }

  /** S31: what was refused for certain never takes effect. */
  judgeRefusals({ appliedCommands }: History, report: Report): void {
    for (const [hash, code] of this.#refused) {
      if (!appliedCommands.has(hash) || !this.#isUnique(hash)) continue;
      report('S31', `a command was refused for certain (${code}), and applied`);
    }
  }

  /** S30: a command of a session takes effect at one index at most, whatever its copies do. */
  judgeSessions({ ofSessions }: History, report: Report): void {
    for (const [hash, indexes] of ofSessions) {
      if (indexes.size < 2 || !this.#isUnique(hash)) continue;
      report('S30', `a command of a session took effect at each of ${[...indexes].join(', ')}`);
    }
  }

  /** True if it was handed in once, and so can be told from all others. */
  isUnique(command: Uint8Array): boolean {
    return this.#isUnique(hashOf(0, command));
  }

  /** Without commands of unknown outcome that were applied nowhere, now that everything is over: those tell nothing. */
  history(
    { appliedCommands }: History,
    sometimes: SometimesLog,
  ): readonly Operation<Input, Output>[] {
    return this.#operations.filter(({ output, hash }) => {
      if (output !== null || hash === null || !this.#isUnique(hash)) return true;
      const isDone = appliedCommands.has(hash);
      sometimes.note(isDone ? UNKNOWN_AND_DONE : UNKNOWN_AND_NOT);
      return isDone;
    });
  }

  #book(
    { client, inputs, command, calledAt }: BookedCall<Input>,
    at: number,
    outcome: Pick<Operation<Input, Output>, 'output' | 'returnedAt'>,
  ): void {
    const input = inputs[at];
    if (input === undefined) return;
    const hash = command === null ? null : hashOf(0, command);
    this.#operations.push({ client, input, calledAt, hash, ...outcome });
  }

  /** Only a command that was handed in once tells by its bytes whose it is. */
  #isUnique(hash: number): boolean {
    return this.#handedIn.get(hash) === 1;
  }
}
