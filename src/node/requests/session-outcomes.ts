/** What was applied of a session, as its caller hears it: a refusal by the table of sessions is no result (§6.3). */
import { assert } from '../../core/assert.ts';
import type { SessionState } from '../../core/session.ts';
import type { ProposalOutcome, SessionOutcome } from '../../ports/replica.ts';
import { SessionRefusal } from '../../sessions/session-refusal.ts';

export function outcomeInSession(outcome: ProposalOutcome): ProposalOutcome {
  if (outcome.type === 'failed' || !(outcome.result instanceof SessionRefusal)) return outcome;
  return { type: 'failed', error: outcome.result.error };
}

export function outcomeOfSession(outcome: ProposalOutcome): SessionOutcome {
  const heard = outcomeInSession(outcome);
  if (heard.type === 'failed') return heard;
  assert(isSessionState(heard.result), 'SE5: what is asked of a session is answered by it');
  return { type: 'done', state: heard.result };
}

function isSessionState(result: unknown): result is SessionState {
  return result instanceof Object && 'session' in result && 'ttlMs' in result;
}
