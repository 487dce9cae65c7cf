/** Core Web Vitals as events `Web Vital Measured`, using the library `web-vitals`. https://web.dev/articles/vitals */

import { type MetricType, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import type { Source } from './browser/source.js';

/** For `sources`. Each value is recorded when final, which for some is when the page is left. */
export function webVitals(): Source {
  return ({ record }) => {
    const report = ({ name, value, rating, id, navigationType }: MetricType): void =>
      record('Web Vital Measured', {
        name,
        // In milliseconds, except for layout shift.
        value: Math.round(value * 1_000) / 1_000,
        rating,
        metric_id: id,
        navigation_type: navigationType,
      });
    onCLS(report);
    onFCP(report);
    onINP(report);
    onLCP(report);
    onTTFB(report);
  };
}
