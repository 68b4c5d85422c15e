/** The files that dashboards and rules are written to, by their path below `infra`. */
import { stringify } from 'yaml';
import { ALERTS } from './alerts.ts';
import { DASHBOARDS } from './dashboards.ts';
import { dashboardJson } from './panel.ts';

const MADE_BY = '# Made by `npm run generate` from infra/grafana/alerts.ts.\n';

export function grafanaFiles(): ReadonlyMap<string, string> {
  const groups = [{ name: 'writ', rules: ALERTS }];
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'writ' },
    spec: { groups },
  };
  return new Map([
    ...DASHBOARDS.map(
      (each) => [`grafana/${each.file}`, `${JSON.stringify(dashboardJson(each), undefined, 2)}\n`] as const,
    ),
    ['grafana/alerts.yaml', MADE_BY + yaml({ groups })],
    ['k8s/base/cell/alerts.yaml', MADE_BY + yaml(rule)],
  ]);
}

function yaml(value: object): string {
  return stringify(value, { lineWidth: 0, singleQuote: true });
}
