/** Latencies in HDR histograms: microseconds, up to a minute, three significant digits. */

import { build, type Histogram } from 'hdr-histogram-js';

export function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
}

export interface LatencySummary {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/** Percentiles in milliseconds. */
export function summarize(latencies: Histogram): LatencySummary {
  const at = (percentile: number) => latencies.getValueAtPercentile(percentile) / 1000;
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: latencies.maxValue / 1000 };
}
