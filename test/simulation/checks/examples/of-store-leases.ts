/** Leases of the key-value store that end too early, come back or never end, and holders that are told what is not so (S48–S50, L18). */
import type { KvCommand } from '../../../../src/kv/commands/commands.ts';
import type { KvResult } from '../../../../src/kv/commands/results.ts';
import { KvStateMachine } from '../../../../src/kv/kv-state-machine.ts';
import { LeaseCountdown } from '../../../../src/server/leases/lease-countdown.ts';
import { LeaseRecord } from '../../../../src/testing/simulation/checks/lease-record.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import type { World } from '../../../../src/testing/simulation/world/world.ts';
import { runPlan } from '../../runner/run-seed.ts';
import { calmPlan } from '../../small-runs.ts';
import type { Example } from './example.ts';
import { meddle } from './whole-runs.ts';

const TTL_MS = 1_000;
/** The key that every revision deletes. */
const BOUND = 'bound';

function told(
  property: string,
  text: string,
  tell: (record: LeaseRecord, isWrong: boolean) => void,
): Example {
  const play = (isWrong: boolean, report: Report): void => {
    const changedAt = (): readonly (readonly [string, boolean])[] => [[BOUND, true]];
    const record = new LeaseRecord({ report, changedAt, happened: () => {} });
    record.began(1, { atMs: 0, rate: 1 });
    const granted: KvResult = { type: 'grant', revision: 1, lease: 1, ttlMs: TTL_MS };
    record.applied({ type: 'grant', ttlMs: TTL_MS }, granted, { term: 1, atMs: 100 });
    tell(record, isWrong);
  };
  return { property, text, play };
}

const EXPIRED = { type: 'expire', revision: 1, deleted: 0, leases: [1] } as const;
const NAMED = [{ lease: 1, renewals: 0 }];

/** Who leads in a term decides on it; a good while later it comes to pass, in term 9. */
function ends(
  record: LeaseRecord,
  decided: { readonly term: number; readonly atMs: number },
): void {
  record.decided(NAMED, decided);
  record.applied({ type: 'expire', leases: NAMED }, EXPIRED, { term: 9, atMs: 9_000 });
}

function bind(record: LeaseRecord, name: string): void {
  const key = new TextEncoder().encode(name);
  const put: KvCommand = { type: 'put', key, value: key, lease: 1 };
  const written: KvResult = { type: 'put', revision: 2, previous: null };
  record.applied(put, written, { term: 1, atMs: 150 });
}

function revoke(record: LeaseRecord, deleted: number): void {
  const revoked: KvResult = { type: 'revoke', revision: 3, deleted };
  record.applied({ type: 'revoke', lease: 1 }, revoked, { term: 1, atMs: 200 });
}

const OF_THE_LOG: readonly Example[] = [
  told('S48', 'a lease ends before its time', (record, isWrong) =>
    ends(record, { term: 1, atMs: isWrong ? 1_099 : 1_100 }),
  ),
  told('S48', 'whoever is new ends a lease that it has not counted anew', (record, isWrong) => {
    record.began(2, { atMs: 900, rate: 0.5 });
    ends(record, { term: 2, atMs: isWrong ? 2_899 : 2_900 });
  }),
  told('S48', 'a lease ends on which nobody who leads has decided', (record, isWrong) => {
    if (!isWrong) record.decided(NAMED, { term: 1, atMs: 2_000 });
    record.applied({ type: 'expire', leases: NAMED }, EXPIRED, { term: 1, atMs: 9_000 });
  }),
  told('S48', 'a lease ends before its time, counted from its renewal', (record, isWrong) => {
    const renewed: KvResult = { type: 'renew', revision: 1, ttlsMs: [TTL_MS] };
    record.applied({ type: 'renew', leases: [1] }, renewed, { term: 1, atMs: 900 });
    ends(record, { term: 1, atMs: isWrong ? 1_899 : 1_900 });
  }),
  told('S49', 'the number of a lease that has ended is given again', (record, isWrong) => {
    ends(record, { term: 1, atMs: 2_000 });
    const granted: KvResult = { type: 'grant', revision: 1, lease: isWrong ? 1 : 2, ttlMs: TTL_MS };
    record.applied({ type: 'grant', ttlMs: TTL_MS }, granted, { term: 1, atMs: 2_100 });
  }),
  told('S49', 'a key stays when its lease ends', (record, isWrong) => {
    bind(record, BOUND);
    revoke(record, isWrong ? 0 : 1);
  }),
  told('S49', 'a key goes in another revision than its lease', (record, isWrong) => {
    bind(record, isWrong ? 'another' : BOUND);
    revoke(record, 1);
  }),
  told('S49', 'a lease that has ended is renewed', (record, isWrong) => {
    ends(record, { term: 1, atMs: 2_000 });
    const renewed: KvResult = { type: 'renew', revision: 1, ttlsMs: [isWrong ? TTL_MS : 0] };
    record.applied({ type: 'renew', leases: [1] }, renewed, { term: 1, atMs: 2_100 });
  }),
];

function held(
  property: string,
  text: string,
  prepareFor: (world: World, isWrong: boolean) => void,
): Example {
  const play = async (isWrong: boolean, report: Report): Promise<void> => {
    const storeLeases = { holders: 3, locks: 1, ttlMs: TTL_MS, pauseMs: 50 };
    const prepare = (world: World): void => prepareFor(world, isWrong);
    const { violation } = await runPlan(calmPlan({ storeLeases }), { prepare });
    if (violation !== null) report(violation.property, violation.message);
  };
  return { property, text, play };
}

async function unended(isWrong: boolean, report: Report): Promise<void> {
  const { due } = LeaseCountdown.prototype;
  if (isWrong) LeaseCountdown.prototype.due = () => [];
  try {
    await held('L18', '', () => {}).play(false, report);
  } finally {
    LeaseCountdown.prototype.due = due;
  }
}

const OF_RUNS: readonly Example[] = [
  held('S50', 'a holder hears too early that its lease is over', (world, isWrong) =>
    meddle(world, (node) => {
      const submit = node.submit.bind(node);
      node.submit = (data, options, completed) =>
        submit(data, options, (outcome) => {
          const isLie = isWrong && outcome.type === 'applied' && isWritten(outcome.result);
          const result = { ...Object(Reflect.get(outcome, 'result')), succeeded: false };
          completed(isLie ? { ...outcome, result } : outcome);
        });
    }),
  ),
  held('S50', 'half of what a lock is made of is gone', (world, isWrong) => {
    if (!isWrong) return;
    const createMachine = (): KvStateMachine => {
      const store = new KvStateMachine();
      const get = store.get.bind(store);
      store.get = (key, revision) => (key.at(-1) === LAST_KEY ? null : get(key, revision));
      return store;
    };
    Object.assign(world, { createMachine });
  }),
  { property: 'L18', text: 'a lease that nobody renews stays', play: unended },
];

/** Of the second key of a lock. */
const LAST_KEY = 'b'.charCodeAt(0);

/** What a holder writes under its number is one put. */
function isWritten(result: unknown): boolean {
  const { type, ...rest } = result as KvResult;
  return type === 'txn' && 'responses' in rest && rest.responses.length === 1;
}

export const OF_STORE_LEASES: readonly Example[] = [...OF_THE_LOG, ...OF_RUNS];
