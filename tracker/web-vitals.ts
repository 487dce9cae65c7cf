/** Core Web Vitals as events `Web Vital Measured`, by the library `web-vitals`. https://web.dev/articles/vitals */

import { type MetricType, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import type { Source } from './browser/source.js';

/** For `sources`. Each value is recorded when it is final, which for some is when the page is left. */
export function webVitals(): Source {
  return ({ record }) => {
    const report = ({ name, value, rating, id, navigationType }: MetricType): void =>
      record('Web Vital Measured', {
        name,
        // Milliseconds, but for the layout's shift.
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
