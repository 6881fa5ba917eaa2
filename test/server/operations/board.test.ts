/** The Grafana board and the alert rules of `examples/deploy` ask for what `/metrics` tells, and Prometheus understands them. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OPTIONS } from '../../../src/cli/options/option-table.ts';
import { COMMANDS } from '../../../src/cli/run-cli.ts';
import { emptyHistogram } from '../../../src/core/histogram.ts';
import { scratch } from '../../cli/scratch.ts';
import { localApi } from '../local-server.ts';
import { parsePrometheus } from './prometheus.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const RULES = join(ROOT, 'examples/deploy/prometheus-alerts.yml');
const rules = readFileSync(RULES, 'utf8');
const board = readFileSync(join(ROOT, 'examples/deploy/grafana-board.json'), 'utf8');
/** What the scrape adds. */
const OF_THE_SCRAPE = ['instance', 'job'];

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const panels = (JSON.parse(board) as { readonly panels: readonly Panel[] }).panels;
const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const alerted = [...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, expr = '']) => expr);

/** The names of all samples, and the labels of each. */
async function told(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const local = localApi();
  await local.send('/kv/a');
  const { clientDurations, clientRequests } = local.context.counters;
  clientRequests.set('submit', 1);
  clientDurations.set('submit', emptyHistogram());
  const families = parsePrometheus(await (await local.send('/metrics')).text());
  const samples = [...families.values()].flatMap((family) => family.samples);
  return new Map(samples.map(({ name, labels }) => [name, new Set(Object.keys(labels))]));
}

/** Names that nobody tells, and labels that what is asked for has not. */
async function unknownIn(expressions: readonly string[]): Promise<readonly string[]> {
  const names = await told();
  return expressions.flatMap((expression) => {
    const metrics = expression.match(/raftchart_[a-z0-9_]+/g) ?? [];
    const labels = new Set([
      ...metrics.flatMap((name) => [...(names.get(name) ?? [])]),
      ...OF_THE_SCRAPE,
    ]);
    const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(/, ?/),
    );
    const matched = [...expression.matchAll(/([a-z_]+)=~?"/g)].map(([, label = '']) => label);
    return [
      ...metrics.filter((name) => !names.has(name)),
      ...[...grouped, ...matched]
        .filter((label) => !labels.has(label))
        .map((label) => `${label} in ${expression}`),
    ];
  });
}

describe('the board and the alerts', () => {
  it('[OP11] ask for metrics and labels that there are', async () => {
    expect([asked.length > 30, alerted.length > 10]).toEqual([true, true]);
    expect(await unknownIn([...asked, ...alerted])).toEqual([]);
    const wrong = 'sum by (color) (raftchart_terms{shade="x"})';
    expect(await unknownIn([wrong])).toEqual([
      'raftchart_terms',
      `color in ${wrong}`,
      `shade in ${wrong}`,
    ]);
  });

  it('[OP11] each alert says what is wrong, and docs/OPERATING.md what to do', () => {
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    const page = readFileSync(join(ROOT, 'docs/OPERATING.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(Raftchart\w+)` \|/gm)].map(([, name = '']) => name);
    expect(rows).toEqual(alerts);
    for (const part of ['severity', 'summary', 'description']) {
      expect(rules.match(new RegExp(`^ +${part}: \\S`, 'gm'))).toHaveLength(alerts.length);
    }
  });

  it('[OP11] docs/OPERATING.md names metrics, commands and options that there are', async () => {
    const page = readFileSync(join(ROOT, 'docs/OPERATING.md'), 'utf8');
    const metrics = await told();
    const named = [...page.matchAll(/`(raftchart_[a-z_]+)`/g)].map(([, name = '']) => name);
    const isTold = (name: string): boolean => metrics.has(name) || metrics.has(`${name}_bucket`);
    expect(named.filter((name) => !isTold(name))).toEqual([]);
    const known: readonly string[] = COMMANDS.map(({ name }) => name);
    const spelt = new Set([...page.matchAll(/`raftchart ([a-z]+)/g)].map(([, name = '']) => name));
    expect([...spelt].filter((name) => !known.includes(name))).toEqual([]);
    expect(spelt.size).toBeGreaterThan(10);
    const options = new Set([...page.matchAll(/`--([a-z][a-z-]+)/g)].map(([, name = '']) => name));
    expect([...options].filter((name) => !Object.hasOwn(OPTIONS, name))).toEqual([]);
  });

  it('[OP11] panels have places of their own, and say what they show', () => {
    const all = JSON.parse(board) as {
      readonly panels: readonly {
        id: number;
        description?: string;
        type: string;
        gridPos: object;
      }[];
    };
    const shown = all.panels.filter(({ type }) => type !== 'row');
    expect(new Set(all.panels.map(({ id }) => id)).size).toBe(all.panels.length);
    const places = all.panels.map(({ gridPos }) => JSON.stringify(gridPos));
    expect(new Set(places).size).toBe(all.panels.length);
    expect(shown.filter(({ description = '' }) => description === '')).toEqual([]);
  });

  // Prometheus' own tool is no package of npm: where it is not installed, the checks above are all there is.
  it.runIf(hasPromtool)('[OP11] promtool understands each rule, and what each panel asks', () => {
    const records = asked.map((expr, at) => {
      const filled = expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'raftchart');
      return `      - record: panel:${at}\n        expr: ${JSON.stringify(filled)}\n`;
    });
    const file = join(scratch(), 'panels.yml');
    writeFileSync(file, `groups:\n  - name: panels\n    rules:\n${records.join('')}`);
    const { status, stderr, stdout } = spawnSync('promtool', ['check', 'rules', RULES, file]);
    expect([status, `${stderr}`]).toEqual([0, '']);
    expect(`${stdout}`).toContain(`${alerted.length} rules found`);
    expect(`${stdout}`).toContain(`${asked.length} rules found`);
  });

  // Prometheus' own tool is no package of npm: where it is not installed, the checks above are all there is.
  it.runIf(hasPromtool)('[OP11] alerts fire when they should, and not before', () => {
    const file = join(scratch(), 'fires.yml');
    writeFileSync(file, FIRES(RULES));
    const { status, stderr, stdout } = spawnSync('promtool', ['test', 'rules', file]);
    expect([status, `${stdout}${stderr}`]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});

/** Three members, of which one is gone after ten minutes and another after twenty; one backup, and refusals of connections alone. */
const FIRES = (rulesFile: string): string => `
rule_files: [${JSON.stringify(rulesFile)}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: up{job="raftchart", instance="a"}
        values: '1x2000'
      - series: up{job="raftchart", instance="b"}
        values: '1x10 0x1990'
      - series: up{job="raftchart", instance="c"}
        values: '1x20 0x1980'
      - series: raftchart_voters{job="raftchart", instance="a"}
        values: '3x2000'
      - series: raftchart_has_leader{job="raftchart", instance="a"}
        values: '1x20 0x1980'
      - series: raftchart_connections_refused_total{job="raftchart", instance="a"}
        values: '0x10 100+100x1990'
      - series: raftchart_backups_ended_total{job="raftchart", instance="a", how="whole"}
        values: '0x10 1x1990'
    promql_expr_test:
${fires('9m', 'NoMajorityToSpare', 0)}
${fires('18m', 'NoMajorityToSpare', 1)}
${fires('18m', 'MemberDown', 1)}
${fires('18m', 'NoLeader', 0)}
${fires('24m', 'NoLeader', 1)}
${fires('24m', 'MemberDown', 2)}
${fires('9m', 'RefusesForLoad', 0)}
${fires('24m', 'RefusesForLoad', 1)}
${fires('24m', 'Down', 0)}
${fires('1400m', 'NoBackup', 0)}
${fires('1900m', 'NoBackup', 1)}
`;

/** So many of them at that time. */
function fires(at: string, name: string, count: number): string {
  const expr = `count(ALERTS{alertname="Raftchart${name}", alertstate="firing"})`;
  const samples = count === 0 ? '[]' : `[{labels: '{}', value: ${count}}]`;
  return `      - {eval_time: ${at}, expr: '${expr}', exp_samples: ${samples}}`;
}
