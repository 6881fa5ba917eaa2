/**
 * The writes of one client connection: each is checked, proposed and answered (SV10, SV19). They wait while this node has to
 * catch up before it can tell who may do what (AC10).
 */
import type { ClientReply, DoneReply, SubmitRequest } from '../../client-protocol/frame-shapes.ts';
import { RaftError } from '../../core/errors.ts';
import type { EntryId } from '../../core/types.ts';
import type { KvCommand } from '../../kv/commands/commands.ts';
import { encodeResult } from '../../kv/commands/result-codec.ts';
import type { KvResult } from '../../kv/commands/results.ts';
import type { ProposalOutcome } from '../../ports/replica.ts';
import { REPLY_BYTES_MAX, SMALL_ANSWER_BYTES } from '../limits.ts';
import type { VisitedParts } from '../server-context.ts';
import { nextLogTime } from '../store/log-time.ts';
import { isKvResult } from '../store/replica-calls.ts';
import { resultBytes, writeTooLarge } from '../store/result-bytes.ts';
import { LARGE_BYTES } from './client-outbox.ts';
import { auditCommand, checkedCommand } from './submit-door.ts';

/** The connection, as its writes see it. */
interface SubmitOutlet {
  readonly reply: (reply: ClientReply) => void;
  readonly replyLarge: (reply: Omit<DoneReply, 'result'>, result: KvResult) => void;
  readonly fail: (id: number, error: RaftError) => void;
  /** Makes one of our errors of whatever was thrown. */
  readonly known: (error: unknown) => RaftError;
  readonly decided: (arrivedMs: number) => void;
  /** One that was counted is answered. */
  readonly answered: () => void;
  /** `make` is called once there is room for `bytes`, and says all there is to say; then it is answered. */
  readonly answer: (bytes: number, make: () => void) => void;
}

export class ClientSubmits {
  readonly #context: VisitedParts;
  readonly #outlet: SubmitOutlet;
  /** The time of the log when the frame arrived; `null`: nobody has asked for it. */
  #timeMs: number | null = null;

  constructor(context: VisitedParts, outlet: SubmitOutlet) {
    this.#context = context;
    this.#outlet = outlet;
  }

  /** Those that follow have arrived together. */
  newFrame(): void {
    this.#timeMs = null;
  }

  /** It is counted already. */
  take(request: SubmitRequest, arrivedMs: number): void {
    const { freshness } = this.#context.guard;
    if (freshness.isFresh(arrivedMs)) return this.#propose(request, arrivedMs);
    const { command, id, timeoutMs } = request;
    freshness.whenFresh({ bytes: command.length, timeoutMs }, (error) => {
      if (error === null) this.#propose(request, arrivedMs);
      else this.#refuse(id, error);
    });
  }

  #propose(request: SubmitRequest, arrivedMs: number): void {
    const { id, timeoutMs, command, session } = request;
    const decoded = this.#checked(request);
    if (decoded instanceof RaftError) return this.#refuse(id, decoded);
    const completed = (outcome: ProposalOutcome): void => {
      auditCommand(decoded, outcome, this.#context);
      this.#outlet.decided(arrivedMs);
      this.#submitted(id, outcome);
    };
    const { leases, replica } = this.#context;
    if (session !== null) replica.submit(command, { timeoutMs, session }, completed);
    else if (decoded.type === 'renew') leases.renew(decoded.leases, timeoutMs, completed);
    else replica.submit(command, { timeoutMs }, completed);
  }

  #checked(request: SubmitRequest): KvCommand | RaftError {
    try {
      return checkedCommand(request, this.#context, () => this.#timeOfFrame());
    } catch (error) {
      return this.#outlet.known(error);
    }
  }

  /** Looked up once: each write of a session asks for it until one was answered. */
  #timeOfFrame(): number {
    this.#timeMs ??= nextLogTime(this.#context);
    return this.#timeMs;
  }

  #submitted(id: number, outcome: ProposalOutcome): void {
    if (outcome.type === 'applied' && isKvResult(outcome.result)) {
      const { term, index } = outcome;
      return this.#done(id, { term, index }, outcome.result);
    }
    const isFailed = outcome.type === 'failed';
    const fault = new TypeError('the state machine returned no result');
    this.#refuse(id, isFailed ? outcome.error : this.#outlet.known(fault));
  }

  #done(id: number, at: EntryId, result: KvResult): void {
    const bytes = resultBytes(result);
    if (bytes > REPLY_BYTES_MAX) this.#refuse(id, writeTooLarge(result.revision, bytes));
    else if (bytes <= SMALL_ANSWER_BYTES) {
      this.#outlet.reply({ type: 'done', id, at, result: encodeResult(result) });
      this.#outlet.answered();
    } else {
      this.#outlet.answer(bytes, () => this.#doneLarge({ type: 'done', id, at }, result, bytes));
    }
  }

  #doneLarge(reply: Omit<DoneReply, 'result'>, result: KvResult, bytes: number): void {
    if (bytes >= LARGE_BYTES) this.#outlet.replyLarge(reply, result);
    else this.#outlet.reply({ ...reply, result: encodeResult(result) });
  }

  #refuse(id: number, error: RaftError): void {
    this.#outlet.fail(id, error);
    this.#outlet.answered();
  }
}
