/** Dashboards and rules name only what is measured, stand in the repository as they are made, and Prometheus takes them. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS, exposedNames } from '@writ/telemetry';
import type { Metric } from '@writ/telemetry';
import { REPOSITORY, temporaryFolder } from '@writ/testkit';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { ALERTS } from './alerts.ts';
import { DASHBOARDS } from './dashboards.ts';
import { grafanaFiles } from './files.ts';
import { namedIn } from './metric-names.ts';

const metrics = Object.keys(METRICS) as Metric[];
const metricOf = new Map(
  metrics.flatMap((metric) => exposedNames(metric).map((name) => [name, metric] as const)),
);

/** What Prometheus adds: who was scraped, and the bound of a bucket. */
const SCRAPED = ['job', 'instance', 'le'];

const panels = DASHBOARDS.flatMap(({ rows }) => rows.flatMap((row) => row.panels));
const expressions: readonly (readonly [where: string, expr: string])[] = [
  ...ALERTS.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => Object.keys(targets).map((expr) => [title, expr] as const)),
];

/** Sentences about what an expression names and nobody measures. */
function strangers([where, expr]: readonly [where: string, expr: string]): string[] {
  const named = namedIn(expr);
  const known = named.metrics.flatMap((name) => metricOf.get(name) ?? []);
  const labels = new Set<string>([...SCRAPED, ...known.flatMap((metric) => METRICS[metric].by)]);
  return [
    ...(named.metrics.length === 0 ? [`${where} names no metric`] : []),
    ...named.metrics.filter((name) => !metricOf.has(name)).map((name) => `${where}: ${name} is not measured`),
    ...named.labels.filter((label) => !labels.has(label)).map((label) => `${where}: no label ${label}`),
  ];
}

describe('dashboards and rules', () => {
  it('name only metrics and labels that there are', () => {
    expect(expressions.length).toBeGreaterThan(30);
    expect(expressions.flatMap(strangers)).toEqual([]);
  });

  it('that name others: are found', () => {
    expect(strangers(['x', 'sum by (tool) (rate(writ_fact_total{kind="a"}[5m]))'])).toEqual([
      'x: writ_fact_total is not measured',
      'x: no label tool',
      'x: no label kind',
    ]);
  });

  it('show every metric somewhere', () => {
    const shown = new Set(
      expressions.flatMap(([, expr]) => namedIn(expr).metrics.map((name) => metricOf.get(name))),
    );
    expect(metrics.filter((metric) => !shown.has(metric))).toEqual([]);
  });

  it.each([...grafanaFiles()])('infra/%s: is as it is made (`npm run generate`)', (path, text) =>
    expect(readFileSync(join(REPOSITORY, 'infra', path), 'utf8')).toBe(text),
  );
});

describe('the rules', () => {
  it('have names of their own, a time to hold, and say what is wrong and what to do', () => {
    expect(new Set(ALERTS.map(({ alert }) => alert)).size).toBe(ALERTS.length);
    for (const { alert, for: holds, annotations } of ALERTS) {
      expect(alert).toMatch(/^Writ[A-Z]\w+$/);
      expect(holds).toMatch(/^\d+m$/);
      expect(annotations.summary).toMatch(/\.$/);
      expect(annotations.runbook).toMatch(/\.$/);
    }
  });

  it('and the labels that they tell of are those that they group by', () => {
    const told = ALERTS.flatMap(({ alert, expr, annotations }) =>
      [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)]
        .filter(([, label = '']) => !namedIn(expr).labels.includes(label))
        .map(([, label]) => `${alert} tells of ${label}`),
    );
    expect(told).toEqual([]);
  });
});

const promtool = spawnSync('promtool', ['--version']).status === 0;
if (!promtool)
  console.warn('promtool is not here (apt-get install prometheus): Prometheus itself checks no rule');

describe.skipIf(!promtool)('Prometheus itself', () => {
  const check = (args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
    return status === 0 ? '' : `${stdout}${stderr}`;
  };

  it('takes the rules', () =>
    expect(check(['check', 'rules', join(REPOSITORY, 'infra/grafana/alerts.yaml')])).toBe(''));

  it('takes every expression of the dashboards', () => {
    const rules = panels
      .flatMap(({ targets }) => Object.keys(targets))
      .map((expr, index) => ({ record: `panel:${index}`, expr: expr.replaceAll('$__rate_interval', '5m') }));
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, 'panels.yaml'), stringify({ groups: [{ name: 'panels', rules }] }));
    expect(check(['check', 'rules', join(folder.path, 'panels.yaml')])).toBe('');
    folder.remove();
  });

  it('finds what the rules are about', () =>
    expect(check(['test', 'rules', join(REPOSITORY, 'infra/grafana/alerts.test.yaml')])).toBe(''));
});
