/**
 * The replica's callbacks as promises, for HTTP, where a promise is the smallest cost of a request. Each ends
 * at its deadline even if the replica never answers (SV4).
 */
import { RaftError } from '../../core/errors.ts';
import type { SessionOperation, SessionState } from '../../core/session.ts';
import type { EntryId } from '../../core/types.ts';
import type { KvResult } from '../../kv/commands/results.ts';
import type {
  ProposalOutcome,
  ReadableOptions,
  Replica,
  SubmitOptions,
} from '../../ports/replica.ts';
import type { Freshness } from '../access/rights-freshness.ts';
import type { LeaseService } from '../server-context.ts';

/** The replica keeps deadlines itself and knows more; this is how much later the server steps in. */
const GRACE_MS = 50;

/** What became of a write, and where it stands in the log. */
export interface WrittenAt {
  readonly at: EntryId;
  readonly result: KvResult;
}

export function submit(
  replica: Replica,
  data: Uint8Array,
  options: SubmitOptions,
): Promise<WrittenAt> {
  return decided(options.timeoutMs, (completed) => replica.submit(data, options, completed));
}

/** Together with the renewals of others. */
export function renewLeases(
  renewals: Pick<LeaseService, 'renew'>,
  leases: readonly number[],
  timeoutMs: number,
): Promise<WrittenAt> {
  return decided(timeoutMs, (completed) => renewals.renew(leases, timeoutMs, completed));
}

function decided(
  timeoutMs: number,
  handIn: (completed: (outcome: ProposalOutcome) => void) => void,
): Promise<WrittenAt> {
  return new Promise((resolve, reject) => {
    const guard = setTimeout(() => reject(unanswered(timeoutMs)), timeoutMs + GRACE_MS);
    handIn((outcome) => {
      clearTimeout(guard);
      if (outcome.type === 'failed') reject(outcome.error);
      else if (isKvResult(outcome.result)) {
        const { term, index, result } = outcome;
        resolve({ at: { term, index }, result });
      } else reject(new TypeError('the state machine returned no result of the store'));
    });
  });
}

export function operateSession(
  replica: Replica,
  operation: SessionOperation,
  timeoutMs: number,
): Promise<SessionState> {
  return new Promise((resolve, reject) => {
    const guard = setTimeout(() => reject(unanswered(timeoutMs)), timeoutMs + GRACE_MS);
    replica.session(operation, { timeoutMs }, (outcome) => {
      clearTimeout(guard);
      if (outcome.type === 'failed') reject(outcome.error);
      else resolve(outcome.state);
    });
  });
}

/**
 * When it resolves, the local store holds all that was committed before the call (§6.4), or the entry named (RD5). With
 * `lease` if it was for that alone (RD6).
 */
export function untilReadable(
  replica: Replica,
  options: ReadableOptions,
): Promise<'lease' | undefined> {
  const { timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const guard = setTimeout(() => reject(unread(timeoutMs)), timeoutMs + GRACE_MS);
    replica.awaitReadable(options, (error, by) => {
      clearTimeout(guard);
      if (error === null) resolve(by);
      else reject(error);
    });
  });
}

/** When it resolves, this node knows who may do what now (AC10). */
export function untilFresh(freshness: Freshness, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const guard = setTimeout(() => reject(unread(timeoutMs)), timeoutMs + GRACE_MS);
    freshness.whenFresh({ bytes: 0, timeoutMs }, (error) => {
      clearTimeout(guard);
      if (error === null) resolve();
      else reject(error);
    });
  });
}

export function isKvResult(result: unknown): result is KvResult {
  return result instanceof Object && 'type' in result && typeof result.type === 'string';
}

function unanswered(timeoutMs: number): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    `The write was not decided within ${Math.ceil(timeoutMs)} ms. It may have taken effect, or may yet; read before you repeat it.`,
  );
}

function unread(timeoutMs: number): RaftError {
  return new RaftError(
    'RAFT_TIMED_OUT',
    `The read was not confirmed within ${Math.ceil(timeoutMs)} ms. Ask again, or another node.`,
    { retry: 'safe' },
  );
}
