/** A server rehearses what is slow the first time, and nobody is worse off for it. */
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../../src/core/types.ts';
import { HANDOVERS_REHEARSED, REHEARSAL_AFTER_MS } from '../../../src/server/limits.ts';
import { rehearseHandovers } from '../../../src/server/upkeep/handover-rehearsal.ts';
import { rehearseLater } from '../../../src/server/upkeep/rehearsal.ts';

const MEMBERS = { learners: [], joint: false, addresses: {} };

describe('a rehearsal', () => {
  it('[SV35] moves the lead between three members in memory, and nothing of it is left', async () => {
    const timersBefore = timers();
    expect(await rehearseHandovers(new AbortController().signal)).toBe(HANDOVERS_REHEARSED);
    expect(timers()).toBeLessThanOrEqual(timersBefore);
  });

  it('[SV35] ends where it stands when its server does', async () => {
    const end = new AbortController();
    const moved = rehearseHandovers(end.signal);
    end.abort();
    expect(await moved).toBe(0);
  });
});

describe('when to rehearse', () => {
  const later = (...names: readonly string[]) => {
    const voters = names.map(nodeId);
    const due: { run: () => void; ms: number }[] = [];
    const cleared: unknown[] = [];
    const rehearsals: AbortSignal[] = [];
    const end = rehearseLater({
      replica: { status: () => ({ members: { ...MEMBERS, voters } }) },
      clock: {
        setIdleTimeout: (run, ms) => due.push({ run, ms }) - 1,
        clearTimeout: (timer) => cleared.push(timer),
      },
      rehearse: async (signal) => rehearsals.push(signal),
    });
    return { due, cleared, rehearsals, end };
  };

  it('[SV35] once, after a while, and no longer than the server runs', () => {
    const { due, cleared, rehearsals, end } = later('n1', 'n2', 'n3');
    expect(due.map(({ ms }) => ms)).toEqual([REHEARSAL_AFTER_MS]);
    expect(rehearsals).toHaveLength(0);
    due[0]?.run();
    expect(due).toHaveLength(1);
    expect(rehearsals.map(({ aborted }) => aborted)).toEqual([false]);
    end();
    expect(rehearsals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(cleared).toEqual([0]);
  });

  it('[SV35] never for a server that is alone', () => {
    const { due, rehearsals } = later('n1');
    due[0]?.run();
    expect(rehearsals).toHaveLength(0);
  });
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
