/** Builders of Grafana's dashboard JSON (schema version 41), as much of it as the project's dashboard needs. */

/** One series or several: a PromQL expression, and what its series are called. */
export type Query = readonly [expr: string, legend?: string];

export interface PanelOptions {
  title: string;
  /** What one sees here, and what to do about it. */
  description: string;
  queries: readonly Query[];
  /** Grafana's unit: `short`, `s`, `ms`, `bytes`, `percentunit`, `ops` … */
  unit: string;
  /** Of the 24 columns. Default: 8; of a number 4. */
  width?: number;
  /** From which value on it is yellow, and red. */
  thresholds?: readonly [yellow: number, red: number];
  /** Whether low is bad, as of what should be there. */
  lowIsBad?: boolean;
  stacked?: boolean;
  decimals?: number;
}

export interface Panel {
  type: string;
  title: string;
  width: number;
  height: number;
  body: Record<string, unknown>;
}

export interface Row {
  title: string;
  panels: readonly Panel[];
}

const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };
const COLUMNS = 24;

/** A single number, over the time that is shown or as it is now. */
export function number(options: PanelOptions): Panel {
  return panel('stat', options, 4, {
    options: {
      colorMode: options.thresholds ? 'background' : 'value',
      graphMode: 'area',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      textMode: 'auto',
    },
  });
}

export function lines(options: PanelOptions): Panel {
  return panel('timeseries', options, 8, {
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  });
}

/** How a histogram's observations are spread, over time. */
export function heatmap({ queries: [query], ...options }: PanelOptions): Panel {
  const built = panel('heatmap', { ...options, queries: [query!] }, 8, {
    options: {
      calculate: false,
      color: { mode: 'scheme', scheme: 'Oranges', steps: 64 },
      yAxis: { unit: options.unit },
      cellGap: 1,
      tooltip: { mode: 'single', yHistogram: true },
    },
  });
  const targets = built.body.targets as Record<string, unknown>[];
  for (const target of targets) target.format = 'heatmap';
  return built;
}

function panel(type: string, options: PanelOptions, height: number, body: Record<string, unknown>): Panel {
  const { title, description, unit, thresholds, stacked, decimals } = options;
  const [low, middle, high] = options.lowIsBad ? ['red', 'yellow', 'green'] : ['green', 'yellow', 'red'];
  return {
    type,
    title,
    width: options.width ?? (type === 'stat' ? 4 : 8),
    height,
    body: {
      description,
      datasource: DATASOURCE,
      fieldConfig: {
        defaults: {
          unit,
          ...(decimals !== undefined && { decimals }),
          min: 0,
          ...(thresholds && {
            thresholds: {
              mode: 'absolute',
              steps: [
                { color: low, value: null },
                { color: middle, value: thresholds[0] },
                { color: high, value: thresholds[1] },
              ],
            },
          }),
          ...(type === 'timeseries' && {
            custom: {
              drawStyle: 'line',
              fillOpacity: stacked ? 30 : 5,
              lineWidth: 1,
              showPoints: 'never',
              stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
              ...(thresholds && { thresholdsStyle: { mode: 'line' } }),
            },
          }),
        },
        overrides: [],
      },
      targets: options.queries.map(([expr, legend], index) => ({
        refId: String.fromCharCode(65 + index),
        datasource: DATASOURCE,
        expr,
        legendFormat: legend ?? '__auto',
        range: true,
      })),
      ...body,
    },
  };
}

/** Lays rows out from top to bottom, their panels from left to right. */
export function layOut(rows: readonly Row[]): Record<string, unknown>[] {
  const laid: Record<string, unknown>[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    add({ type: 'row', title, collapsed: false, panels: [] }, { x: 0, y, w: COLUMNS, h: 1 });
    y += 1;
    let x = 0;
    let height = 0;
    for (const { type, title: name, width, height: h, body } of panels) {
      if (x + width > COLUMNS) {
        y += height;
        x = 0;
        height = 0;
      }
      add({ type, title: name, ...body }, { x, y, w: width, h });
      x += width;
      height = Math.max(height, h);
    }
    y += height;
  }
  return laid;

  function add(body: Record<string, unknown>, gridPos: { x: number; y: number; w: number; h: number }) {
    laid.push({ id: laid.length + 1, gridPos, ...body });
  }
}
