/**
 * Puts arrive four times as fast as they can be carried out, from one client and from twenty: what is carried out must not become
 * less by that. The members share one core, so that another is left for whoever makes so many. What the client library refuses at once
 * was offered as well.
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
const LAG_MS_MAX = 100;
const KEYS = 10_000;
const MANY_CLIENTS = 20;
/** A caller waits no longer; what comes later is of no use to it, in milliseconds. */
const TIMEOUT_MS = 2_000;

export async function measureOverload({ seconds }: Sizes): Promise<readonly Finding[]> {
  await using cluster = await ProcessCluster.start(3, [], { wrapper: ONE_CORE });
  const { endpoints } = cluster;
  const peak = await peakOf(endpoints, seconds);
  const one = await offer({ endpoints, clients: 1, perSecond: peak * OVERLOAD, seconds });
  const many = await offer({
    endpoints,
    clients: MANY_CLIENTS,
    perSecond: peak * OVERLOAD,
    seconds,
  });
  return [
    told('puts a second that it carries out', peak),
    ...findingsOf('one client', one, peak),
    ...findingsOf(`${MANY_CLIENTS} clients`, many, peak),
  ];
}

function findingsOf(who: string, { done, offered }: Rates, peak: number): readonly Finding[] {
  return [
    told(`${who}: offered a second`, offered),
    atLeast(OFFERED_PERCENT_MIN, [
      `${who}: that is, of what it carries out`,
      (100 * offered) / peak,
      '%',
    ]),
    told(`${who}: carried out a second`, done),
    told(`${who}: refused or too late, a second`, offered - done),
    atLeast(GOAL_PERCENT, [`${who}: goodput at four times the load`, (100 * done) / peak, '%']),
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

/** A second. */
interface Rates {
  readonly offered: number;
  readonly done: number;
}

interface Offering {
  readonly endpoints: readonly string[];
  readonly clients: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/** At a pace, whatever becomes of those before; who makes them has to keep up, and makes fewer if it does not. */
async function offer({ endpoints, clients: count, perSecond, seconds }: Offering): Promise<Rates> {
  say(`${Math.round(perSecond)} puts a second from ${count}`);
  const clients = Array.from({ length: count }, () =>
    connect({ endpoints: [...endpoints], timeoutMs: TIMEOUT_MS }),
  );
  const value = new Uint8Array(256).fill(0x61);
  for (const client of clients) await client.put('ordinary/0', value);
  let [offered, done, failed] = [0, 0, 0];
  const put = (): void => {
    clients[offered % count]?.put(`ordinary/${offered % KEYS}`, value).then(
      () => (done += 1),
      () => (failed += 1),
    );
    offered += 1;
  };
  const begun = performance.now();
  const endsAt = begun + seconds * 1_000;
  for (let last = begun; last < endsAt; ) {
    await pause(TICK_MS);
    const now = performance.now();
    const due = (Math.min(now - last, LAG_MS_MAX) * perSecond) / 1_000;
    for (let made = 0; made < due; made += 1) put();
    last = now;
  }
  const tookS = (performance.now() - begun) / 1_000;
  const rates = { offered: offered / tookS, done: done / tookS };
  while (done + failed < offered) await pause(TICK_MS);
  await Promise.all(clients.map((client) => client.close()));
  return rates;
}
