/** Reads that go on until they are answered: a leader that is replaced meanwhile must not cost anyone a place in line. */
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
      if (!mayBeRepeated(error)) throw error;
    }
    await store.pause(COORDINATION_RETRY_MS, signal);
  }
}

/** A lease that is lost says why itself. */
export function abortedBy({ reason }: AbortSignal): RaftError {
  if (reason instanceof RaftError) return reason;
  const text = 'It was aborted, and is not waited for any more.';
  return new RaftError('RAFT_ABORTED', text, { retry: 'safe', cause: reason });
}
