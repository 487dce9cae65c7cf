/** PromQL that several panels share. */

/** Of the plugin servers that are chosen at the top. */
export const EVENTS = 'kinesis_ingest_events_total{instance=~"$instance"}';
/** Long enough for four scrapes, whatever the zoom. */
export const RATE = '$__rate_interval';

/** @returns a quantile of a histogram, over all chosen instances */
function quantile(q: number, histogram: string, labels = 'instance=~"$instance"'): string {
  return `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket{${labels}}[${RATE}])))`;
}

export const quantiles = (histogram: string, labels?: string) =>
  [0.5, 0.9, 0.99].map((q) => [quantile(q, histogram, labels), `p${q * 100}`] as const);

export function average(histogram: string, by: string): string {
  const rate = (part: string) =>
    `sum by (${by}) (rate(${histogram}_${part}{instance=~"$instance"}[${RATE}]))`;
  return `${rate('sum')} / ${rate('count')}`;
}
