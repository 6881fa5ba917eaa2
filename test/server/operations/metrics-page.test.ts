/** The table of metrics in `docs/OPERATING.md` is what `/metrics` shows, no more and no less. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/index.ts';
import { emptyHistogram, type Histogram, observe } from '../../../src/core/histogram.ts';
import { index } from '../../../src/core/types.ts';
import { AnswerTimes } from '../../../src/server/client-port/answer-times.ts';
import { LOOK_INTERVAL_MS, watchLoopDelay } from '../../../src/server/operations/loop-delay.ts';
import { ServerCounters } from '../../../src/server/operations/server-counters.ts';
import { VirtualCluster } from '../../../src/testing/virtual-cluster.ts';
import { localApi, served } from '../local-server.ts';
import { parsePrometheus } from './prometheus.ts';

const total = ({ counts }: Pick<Histogram, 'counts'>): number =>
  counts.reduce((sum, count) => sum + count, 0);

const PAGE = new URL('../../../docs/OPERATING.md', import.meta.url);

describe('the metrics', () => {
  it('[OP7] each stands in the table of docs/OPERATING.md with its type and its words', async () => {
    const local = localApi();
    await local.send('/kv/a');
    const { counters } = local.context;
    counters.clientRequests.set('submit', 1);
    counters.clientDurations.set('submit', emptyHistogram());
    const families = parsePrometheus(await (await local.send('/metrics')).text());
    const shown = [...families].map(
      ([name, each]) => `| \`${name}\` | ${each.type} | ${each.help} |`,
    );
    const page = await readFile(PAGE, 'utf8');
    expect(page.split('\n').filter((line) => line.startsWith('| `raftchart_'))).toEqual(shown);
  });

  it('[OP7] time each synced write, commit, batch applied and round of reads, each once', async () => {
    const cluster = await VirtualCluster.start(3);
    const leader = await cluster.leader();
    await cluster.pass(100);
    const { sync, commit, apply, readRound } = leader.node.timings();
    const before = total(sync);
    expect(total(commit)).toBe(0);
    const applied = total(apply);
    await cluster.submit(leader.id, 'a');
    expect([total(sync) - before, total(commit), total(apply) - applied]).toEqual([1, 1, 1]);
    // There and back over a network of one millisecond each way.
    expect(commit.sumSeconds).toBeGreaterThanOrEqual(0.002);
    expect(commit.sumSeconds).toBeLessThan(0.02);
    expect(total(readRound)).toBe(0);
    expect(await cluster.read(leader.id)).toBe(null);
    expect(total(readRound)).toBe(1);
    const follower = [...cluster.members.keys()].find((id) => id !== leader.id) ?? '';
    expect(await cluster.read(follower)).toBe(null);
    const timings = cluster.member(follower).node.timings();
    expect([total(timings.commit), total(timings.readRound)]).toEqual([0, 1]);
  });

  it('[OP7] what is not committed when the lead is lost is not timed', async () => {
    const cluster = await VirtualCluster.start(3);
    const leader = await cluster.leader();
    cluster.isolate(leader.id);
    leader.node.submit(new Uint8Array([1]), { timeoutMs: 60_000 }, () => {});
    await cluster.until('it to step down', () => leader.node.status().role !== 'leader');
    cluster.mend(leader.id);
    await cluster.leader();
    await cluster.submit('n1', 'a');
    await cluster.pass(1_000);
    const { commit } = leader.node.timings();
    expect(commit.sumSeconds).toBeLessThan(0.5);
    expect(leader.node.status().commitIndex).toBeGreaterThan(index(1));
  });

  it('[OP7] time what came over a client socket, all answers of a tick at once', async () => {
    const server = await served();
    const client = connect({ endpoints: [server.url] });
    await Promise.all([client.put('a', '1'), client.put('b', '2'), client.get('a')]);
    await client.close();
    const { clientDurations } = server.context.counters;
    const counts = [...clientDurations].map(([operation, times]) => [operation, total(times)]);
    expect(Object.fromEntries(counts)).toEqual({ read: 1, submit: 2 });
  });

  it('[OP7] answers are counted by the frame that they answer', () => {
    const counters = new ServerCounters();
    const times = new AnswerTimes();
    for (const arrivedMs of [0, 0, 0, 7]) times.add('submit', arrivedMs);
    times.add('read', 7);
    times.observe(counters, 8);
    times.observe(counters, 1_000);
    const expected = emptyHistogram();
    observe(expected, 0.008, 3);
    observe(expected, 0.001);
    expect(counters.clientDurations.get('submit')).toEqual(expected);
    expect(counters.clientDurations.get('read')?.sumSeconds).toBe(0.001);
  });

  it('[OP7] say how late the event loop was', () => {
    const delays = emptyHistogram();
    let now = 0;
    let waiting: (() => void) | null = null;
    const clock = {
      now: () => now,
      setIdleTimeout: (callback: () => void) => {
        waiting = callback;
      },
      clearTimeout: () => {
        waiting = null;
      },
    };
    const fire = (tookMs: number): void => {
      now += tookMs;
      waiting?.();
    };
    const stop = watchLoopDelay(clock, delays);
    fire(LOOK_INTERVAL_MS);
    fire(LOOK_INTERVAL_MS + 300);
    fire(LOOK_INTERVAL_MS - 1);
    expect(total(delays)).toBe(3);
    expect(delays.sumSeconds).toBeCloseTo(0.3);
    stop();
    expect(waiting).toBe(null);
  });
});
