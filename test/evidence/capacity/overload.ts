/**
 * Puts arrive four times as fast as they can be carried out, from one client and from twenty: what is carried out must not become
 * less by that. The members share one core, and whoever makes so many has another for itself. What the client library refuses at once
 * was offered as well.
 */
import { execFileSync } from 'node:child_process';
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
const OTHER_CORE = '1';
const IN_FLIGHT = [128, 512, 2_048];
const WARM_UP_MS = 4_000;
const ROUNDS = 4;
const TICK_MS = 5;
/** Bound: what was not offered because its maker came so late is not made up for, in milliseconds. */
const LAG_MS_MAX = 50;
const KEYS = 10_000;
const MANY_CLIENTS = 20;
/** A caller waits no longer; what comes later is of no use to it, in milliseconds. */
const TIMEOUT_MS = 2_000;

/**
 * In rounds, each of which measures everything for a while: what else a machine does in these minutes slows all of it alike.
 */
export async function measureOverload({ seconds }: Sizes): Promise<readonly Finding[]> {
  await using cluster = await ProcessCluster.start(3, [], { wrapper: ONE_CORE });
  // The members have one core for themselves, whatever else runs on the other.
  execFileSync('taskset', ['-apc', OTHER_CORE, `${process.pid}`]);
  const { endpoints } = cluster;
  await using client = new OrdinaryClient(endpoints);
  await client.work(100, pause(WARM_UP_MS));
  const sliceMs = (seconds * 1_000) / ROUNDS;
  const byInFlight = IN_FLIGHT.map((inFlight) => ({ inFlight, done: 0 }));
  const one: Sum = { clients: 1, offered: 0, done: 0 };
  const many: Sum = { clients: MANY_CLIENTS, offered: 0, done: 0 };
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const each of byInFlight) each.done += await done(client, each.inFlight, sliceMs);
    const peak = mostOf(byInFlight) / ((round * sliceMs) / 1_000);
    for (const sum of [one, many])
      await offer(sum, { endpoints, perSecond: peak * OVERLOAD, sliceMs });
  }
  const peak = mostOf(byInFlight) / seconds;
  return [
    told('puts a second that it carries out', peak),
    ...findingsOf('one client', ratesOf(one, seconds), peak),
    ...findingsOf(`${MANY_CLIENTS} clients`, ratesOf(many, seconds), peak),
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

async function done(client: OrdinaryClient, inFlight: number, forMs: number): Promise<number> {
  say(`puts with ${inFlight} in flight`);
  const { answered, failures } = await client.work(inFlight, pause(forMs));
  return answered - failures.length;
}

/** The most of several numbers of callers. */
function mostOf(sums: readonly { readonly done: number }[]): number {
  return Math.max(...sums.map((each) => each.done));
}

/** A second. */
interface Rates {
  readonly offered: number;
  readonly done: number;
}

/** Of all rounds. */
interface Sum {
  readonly clients: number;
  offered: number;
  done: number;
}

function ratesOf({ offered, done: carriedOut }: Sum, seconds: number): Rates {
  return { offered: offered / seconds, done: carriedOut / seconds };
}

interface Offering {
  readonly endpoints: readonly string[];
  readonly perSecond: number;
  readonly sliceMs: number;
}

/** At a pace, whatever becomes of those before; who makes them has to keep up, and makes fewer if it does not. */
async function offer(sum: Sum, { endpoints, perSecond, sliceMs }: Offering): Promise<void> {
  const { clients: count } = sum;
  say(`${Math.round(perSecond)} puts a second from ${count}`);
  const clients = Array.from({ length: count }, () =>
    connect({ endpoints: [...endpoints], timeoutMs: TIMEOUT_MS }),
  );
  const value = new Uint8Array(256).fill(0x61);
  for (const client of clients) await client.put('ordinary/0', value);
  let [offered, carriedOut, failed] = [0, 0, 0];
  const put = (): void => {
    clients[offered % count]?.put(`ordinary/${offered % KEYS}`, value).then(
      () => (carriedOut += 1),
      () => (failed += 1),
    );
    offered += 1;
  };
  const begun = performance.now();
  const endsAt = begun + sliceMs;
  for (let last = begun; last < endsAt; ) {
    await pause(TICK_MS);
    const now = performance.now();
    const due = (Math.min(now - last, LAG_MS_MAX) * perSecond) / 1_000;
    for (let made = 0; made < due; made += 1) put();
    last = now;
  }
  // A machine that is busy may end it late.
  const share = sliceMs / (performance.now() - begun);
  sum.offered += offered * share;
  sum.done += carriedOut * share;
  while (carriedOut + failed < offered) await pause(TICK_MS);
  await Promise.all(clients.map((client) => client.close()));
}
