/**
 * What a process runs for the first time it runs slowly, and a member that hands over, votes or takes the lead runs a good
 * deal for the first time just when everybody waits for it. So a server that has others beside it rehearses that once, when
 * it has run for a while (SV35). What is loaded for it is loaded then.
 */
import type { ConnectionClock } from '../../ports/clock.ts';
import type { ReplicaStatus } from '../../ports/replica.ts';
import { REHEARSAL_AFTER_MS } from '../limits.ts';

interface RehearsalOptions {
  readonly replica: { readonly status: () => Pick<ReplicaStatus, 'members'> };
  readonly clock: Pick<ConnectionClock, 'setIdleTimeout' | 'clearTimeout'>;
  readonly rehearse?: (signal: AbortSignal) => Promise<unknown>;
}

/** Returns how to end it, at whatever point. Who is alone then has nobody to hand over to. */
export function rehearseLater({
  replica,
  clock,
  rehearse = rehearseHandovers,
}: RehearsalOptions): () => void {
  const end = new AbortController();
  const timer = clock.setIdleTimeout(() => {
    if (replica.status().members.voters.length < 2) return;
    // What fails here was only a rehearsal.
    rehearse(end.signal).catch(() => {});
  }, REHEARSAL_AFTER_MS);
  return () => {
    clock.clearTimeout(timer);
    end.abort();
  };
}

async function rehearseHandovers(signal: AbortSignal): Promise<void> {
  const rehearsal = await import('./handover-rehearsal.ts');
  if (!signal.aborted) await rehearsal.rehearseHandovers(signal);
}
