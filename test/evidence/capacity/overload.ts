/**
 * Puts arrive four times as fast as they can be carried out: what is carried out must not become less by that. The
 * members share one core, so that another is left for whoever makes so many.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../../src/client/index.ts';
import { ProcessCluster } from '../../processes/process-cluster.ts';
import { OrdinaryClient } from '../ordinary-client.ts';
import { atLeast, type Finding, told } from './finding.ts';
import { say } from './screen-line.ts';
import type { Sizes } from './sizes.ts';

const GOAL_PERCENT = 80;
const OVERLOAD = 4;
/** With less there was no overload, and nothing is proven. */
const OFFERED_PERCENT_MIN = 350;
const ONE_CORE = ['taskset', '-c', '0'];
const IN_FLIGHT = [128, 512, 2_048];
const WARM_UP_MS = 4_000;
const TICK_MS = 5;
/** Bound: what was not offered because its maker came so late is not made up for, in milliseconds. */
const LAG_MS_MAX = 20;
const KEYS = 10_000;
/** A caller waits no longer; what comes later is of no use to it, in milliseconds. */
const TIMEOUT_MS = 2_000;

export async function measureOverload({ seconds }: Sizes): Promise<readonly Finding[]> {
  await using cluster = await ProcessCluster.start(3, [], { wrapper: ONE_CORE });
  const peak = await peakOf(cluster.endpoints, seconds);
  say(`${Math.round(peak * OVERLOAD)} puts a second`);
  const offered = await offer(cluster.endpoints, peak * OVERLOAD, seconds);
  return [
    told('puts a second that it carries out', peak),
    told('offered a second', offered.offered / seconds),
    atLeast(OFFERED_PERCENT_MIN, [
      'that is, of what it carries out',
      (100 * offered.offered) / seconds / peak,
      '%',
    ]),
    told('carried out a second', offered.done / seconds),
    told('refused or too late, a second', (offered.offered - offered.done) / seconds),
    atLeast(GOAL_PERCENT, [
      'goodput at four times the load',
      (100 * offered.done) / seconds / peak,
      '%',
    ]),
  ];
}

/** The most of several numbers of callers. */
async function peakOf(endpoints: readonly string[], seconds: number): Promise<number> {
  await using client = new OrdinaryClient(endpoints);
  await client.work(100, pause(WARM_UP_MS));
  let peak = 0;
  for (const inFlight of IN_FLIGHT) {
    say(`puts with ${inFlight} in flight`);
    const { answered: puts, failures } = await client.work(inFlight, pause(seconds * 1_000));
    peak = Math.max(peak, (puts - failures.length) / seconds);
  }
  return peak;
}

interface Offered {
  readonly offered: number;
  readonly done: number;
}

/** At a pace, whatever becomes of those before; who makes them has to keep up, and makes fewer if it does not. */
async function offer(
  endpoints: readonly string[],
  perSecond: number,
  seconds: number,
): Promise<Offered> {
  await using client = connect({ endpoints: [...endpoints], timeoutMs: TIMEOUT_MS });
  const value = new Uint8Array(256).fill(0x61);
  await client.put('ordinary/0', value);
  let [offered, done, failed] = [0, 0, 0];
  const put = (): void => {
    client.put(`ordinary/${offered % KEYS}`, value).then(
      () => (done += 1),
      () => (failed += 1),
    );
    offered += 1;
  };
  const endsAt = performance.now() + seconds * 1_000;
  for (let last = performance.now(); last < endsAt; ) {
    await pause(TICK_MS);
    const now = performance.now();
    const due = (Math.min(now - last, LAG_MS_MAX) * perSecond) / 1_000;
    for (let count = 0; count < due; count += 1) put();
    last = now;
  }
  const inTime = done;
  while (done + failed < offered) await pause(TICK_MS);
  return { offered, done: inTime };
}
