/** A closed loop: so many callers, each of whom asks again as soon as it is answered. Each answer is timed, every failure kept. */
export interface Service {
  readonly answered: number;
  readonly failures: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly worstMs: number;
}

/** `ask` is told which caller asks, and for the how many-th time; works until `over` resolves. */
export async function closedLoop(
  callers: number,
  ask: (caller: number, time: number) => Promise<unknown>,
  over: Promise<unknown>,
): Promise<Service> {
  let isOver = false;
  const latencies: number[] = [];
  const failures: string[] = [];
  const call = async (_: unknown, caller: number): Promise<void> => {
    for (let time = 0; !isOver; time += 1) {
      const begun = performance.now();
      await ask(caller, time).catch((error: unknown) => failures.push(String(error)));
      latencies.push(performance.now() - begun);
    }
  };
  const calls = Promise.all(Array.from({ length: callers }, call));
  await over.finally(() => {
    isOver = true;
  });
  await calls;
  return { answered: latencies.length, failures, ...quantilesOf(latencies) };
}

export function quantilesOf(
  latencies: readonly number[],
): Pick<Service, 'p50Ms' | 'p99Ms' | 'p999Ms' | 'worstMs'> {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999), worstMs: at(1) };
}
