/** `/status`, the probes, and the metrics. */
import { beforeEach, describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { emptyHistogram, observe } from '../../../src/core/histogram.ts';
import { jsonLog } from '../../../src/server/operations/json-log.ts';
import {
  histogramSamples,
  prometheusText,
} from '../../../src/server/operations/prometheus-text.ts';
import { KNOWS } from '../local-replica.ts';
import { type LocalApi, localApi } from '../local-server.ts';
import { parsePrometheus } from '../operations/prometheus.ts';

let local: LocalApi;
beforeEach(() => {
  local = localApi();
});

it('[SV18] /status names everything the contract does', async () => {
  await local.put('a', 'x');
  expect(await (await local.send('/status')).json()).toEqual({
    id: 'n1',
    clusterId: 'local',
    lifecycle: 'running',
    role: 'leader',
    term: 1,
    leader: 'n1',
    commitIndex: 2,
    lastApplied: 2,
    firstIndex: 1,
    lastIndex: 2,
    snapshotIndex: 0,
    revision: 2,
    members: { voters: ['n1'], learners: [], joint: false, addresses: {} },
    clientUrls: {},
    isRemoved: false,
    diskStalled: false,
    versions: { ...KNOWS, lowest: KNOWS, machineInUse: 1 },
    links: [
      {
        peer: 'n9',
        state: 'open',
        reason: null,
        versions: KNOWS,
        bufferedBytes: 7,
        matchIndex: 1,
        problem: null,
      },
    ],
    version: '9.9.9',
    timeMs: expect.any(Number),
  });
});

describe('the probes', () => {
  it('[SV5] is alive without a leader, and ready only with one that answers', async () => {
    expect((await local.send('/livez')).status).toBe(200);
    expect((await local.send('/readyz')).status).toBe(200);
    local.replica.mood = 'leaderless';
    expect((await local.send('/livez')).status).toBe(200);
    const unready = await local.send('/readyz');
    expect([unready.status, (await unready.json()).reason]).toEqual([
      503,
      expect.stringContaining('no leader'),
    ]);
    local.replica.mood = 'silent';
    const silent = await local.send('/readyz?timeoutMs=50');
    expect([silent.status, (await silent.json()).ready]).toEqual([503, false]);
  });

  it('[SV24] is neither once the node has halted, and says why to whoever asks anything', async () => {
    await local.put('a', 'x');
    local.replica.halt(new RaftError('RAFT_STORAGE_FAILED', 'the disk is gone'));
    for (const path of ['/livez', '/readyz', '/kv', '/kv/a', '/kv/a?consistency=local', '/watch']) {
      const response = await local.send(path);
      expect([path, response.status]).toEqual([path, 503]);
      expect(await response.text()).toContain('the disk is gone');
    }
    const write = await local.put('a', 'x');
    expect(await write.json()).toMatchObject({ code: 'RAFT_HALTED', retry: 'safe' });
    expect((await (await local.send('/status')).json()).role).toBe('halted');
    expect((await local.send('/metrics')).status).toBe(200);
  });
});

describe('/metrics', () => {
  it('[SV14] is Prometheus text with a help and a type for every family', async () => {
    await local.put('a', 'x');
    await local.send('/kv/a');
    await local.send('/kv/b');
    const response = await local.send('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const families = parsePrometheus(await response.text());
    for (const [name, { type, help, samples }] of families) {
      expect(name).toMatch(/^raftchart_[a-z_]+$/);
      expect(help.length).toBeGreaterThan(5);
      expect(samples.length).toBeGreaterThan(0);
      if (type === 'counter') expect(name).toMatch(/_total$/);
    }
    const role = families.get('raftchart_role')?.samples.find(({ value }) => value === 1);
    expect(role?.labels).toEqual({ role: 'leader' });
    expect(families.get('raftchart_term')?.samples[0]?.value).toBe(1);
    expect(families.get('raftchart_link_open')?.samples[0]).toMatchObject({
      labels: { peer: 'n9' },
      value: 1,
    });
    expect(families.get('raftchart_elections_total')?.samples[0]?.value).toBe(2);
    expect(families.get('raftchart_store_revision')?.samples[0]?.value).toBe(2);
  });

  it('[SV14] counts requests by route, not by key, and times them', async () => {
    for (const key of ['a', 'b', 'c']) await local.put(key, 'x');
    await local.send('/kv/missing');
    await local.send('/nowhere', { method: 'PROPFIND' });
    const families = parsePrometheus(await (await local.send('/metrics')).text());
    const requests = families.get('raftchart_http_requests_total')?.samples ?? [];
    expect(requests.map(({ labels, value }) => [labels, value])).toEqual([
      [{ method: 'PUT', route: '/kv/*', status: '200' }, 3],
      [{ method: 'GET', route: '/kv/*', status: '404' }, 1],
      [{ method: 'other', route: 'none', status: '404' }, 1],
    ]);
    const durations = families.get('raftchart_http_request_duration_seconds')?.samples ?? [];
    const count = durations.find(
      ({ name, labels }) => name.endsWith('_count') && labels.route === '/kv/*',
    );
    expect(count?.value).toBe(4);
  });

  it('[SV14] counts histogram buckets upwards to the total', () => {
    const histogram = emptyHistogram();
    for (const seconds of [0.00005, 0.0001, 0.002, 3, 60]) observe(histogram, seconds);
    const samples = histogramSamples(histogram, { route: 'x' });
    const buckets = samples.filter(({ suffix }) => suffix === '_bucket');
    expect(buckets[0]).toMatchObject({ labels: { le: 0.0001 }, value: 2 });
    expect(buckets.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: 5 });
    const values = buckets.map(({ value }) => value);
    expect(values).toEqual([...values].sort((left, right) => left - right));
    expect(samples.at(-2)?.value).toBeCloseTo(63.00215);
    expect(samples.at(-1)).toMatchObject({ suffix: '_count', value: 5 });
  });

  it('[SV14] escapes labels and help, so that no value can forge a line', () => {
    const text = prometheusText([
      {
        name: 'x',
        type: 'gauge',
        help: 'a\nb\\',
        samples: [{ labels: { v: 'q"\\\n} 7' }, value: 1 }],
      },
    ]);
    const family = parsePrometheus(text).get('x');
    expect(family?.help).toBe('a\\nb\\\\');
    expect(family?.samples).toEqual([{ name: 'x', labels: { v: 'q"\\\n} 7' }, value: 1 }]);
  });
});

it('[SV16] the log is one JSON object a line, whatever is in it', () => {
  const lines: string[] = [];
  const log = jsonLog({
    write: (line) => lines.push(line),
    wallTimeMs: () => 0,
    base: { node: 'n1' },
  });
  log('info', 'role', { cause: 'a "quoted"\nline' });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    time: '1970-01-01T00:00:00.000Z',
    level: 'info',
    event: 'role',
    node: 'n1',
    cause: 'a "quoted"\nline',
  });
});
