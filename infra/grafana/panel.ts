/** Grafana's JSON (schema 39), as far as rows of time series need it. The data source is chosen on the dashboard. */

export interface Panel {
  readonly title: string;
  /** Grafana's name of a unit. */
  readonly unit: string;
  /** Expression -> legend. */
  readonly targets: Readonly<Record<string, string>>;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

const WIDTH = 24;
const PANEL_HEIGHT = 8;
const SOURCE = { type: 'prometheus', uid: '${source}' };

export function panel(title: string, unit: string, targets: Panel['targets']): Panel {
  return { title, unit, targets };
}

export function row(title: string, ...panels: readonly Panel[]): Row {
  return { title, panels };
}

export function dashboardJson({ uid, title, rows }: Dashboard): object {
  return {
    uid,
    title,
    tags: ['writ'],
    schemaVersion: 39,
    editable: false,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' }] },
    panels: rows.flatMap((each, index) => rowJson(each, index * (PANEL_HEIGHT + 1), 10 * (index + 1))),
  };
}

function rowJson({ title, panels }: Row, y: number, id: number): object[] {
  const w = Math.floor(WIDTH / panels.length);
  const head = { id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: WIDTH, h: 1 }, panels: [] };
  const series = panels.map((each, place) => ({
    id: id + place + 1,
    type: 'timeseries',
    title: each.title,
    datasource: SOURCE,
    gridPos: { x: place * w, y: y + 1, w, h: PANEL_HEIGHT },
    fieldConfig: { defaults: { unit: each.unit, min: 0 }, overrides: [] },
    targets: Object.entries(each.targets).map(([expr, legendFormat], nth) => ({
      refId: String.fromCharCode(65 + nth),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  }));
  return [head, ...series];
}
