/**
 * What is asked again until it is answered: a leader that is replaced meanwhile must not cost anyone a place in line, nor may a history that
 * is compacted while several pages of it are read.
 */
import { RaftError } from '../../core/errors.ts';
import { COORDINATION_RETRY_MS } from '../limits.ts';
import { mayBeRepeated } from '../may-be-repeated.ts';
import type { CoordinatedStore } from './store.ts';

/** Rejects with what repeating cannot help, or once the signal is aborted. */
export async function persistently<Answer>(
  store: Pick<CoordinatedStore, 'pause'>,
  signal: AbortSignal,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    if (signal.aborted) throw abortedBy(signal);
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) throw abortedBy(signal);
      if (!mayBeRepeated(error) && !isCompacted(error)) throw error;
    }
    await store.pause(COORDINATION_RETRY_MS, signal);
  }
}

/** What was to be read of the past is gone: the present tells all that is needed. */
export function isCompacted(error: unknown): boolean {
  return error instanceof RaftError && error.code === 'RAFT_COMPACTED';
}

/** A lease that is lost says why itself. */
export function abortedBy({ reason }: AbortSignal): RaftError {
  if (reason instanceof RaftError) return reason;
  const text = 'It was aborted, and is not waited for any more.';
  return new RaftError('RAFT_ABORTED', text, { retry: 'safe', cause: reason });
}
