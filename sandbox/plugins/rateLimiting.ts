/**
 * Kong's `rate-limiting` with policy local: windows that begin with each second, minute, hour, day.
 *
 * @fastify/rate-limit doesn't fit: its windows begin with a client's first request, and it allows one per route.
 */

import type { PluginEntity } from '../config/readPlugin';
import { Refusal } from '../http/Refusal';
import type { RequestContext } from '../http/requestContext';
import { PERIOD_NAMES, PERIODS, type Period } from './bundledTypes';

interface Window {
  startedAt: number;
  counts: Map<string, number>;
}

interface Usage {
  period: Period;
  limit: number;
  /** What was left before this request. */
  left: number;
  window: Window;
}

/** Counts a request and puts the limits into the answer's headers. @throws Refusal beyond a limit */
export type RateLimiter = (plugin: PluginEntity, request: RequestContext) => undefined;

/** @param now milliseconds since 1970 */
export function createRateLimiter(now: () => number = Date.now): RateLimiter {
  // A finished window's counters are all dropped at once, so memory stays bounded.
  const windows = new Map<Period, Window>();

  function windowOf(period: Period, time: number): Window {
    const startedAt = startOf(period, time);
    let window = windows.get(period);
    if (window?.startedAt !== startedAt) {
      window = { startedAt, counts: new Map() };
      windows.set(period, window);
    }
    return window;
  }

  return ({ config, route, service }, request) => {
    const time = now();
    // As in Kong, counters belong to where the plugin is configured, so they outlive a configuration change.
    const key = `${route?.id ?? ''}:${service?.id ?? ''}:${identifierOf(config, request)}`;
    const usage = PERIOD_NAMES.flatMap((period): Usage[] => {
      const limit = config[period];
      if (typeof limit !== 'number') return [];
      const window = windowOf(period, time);
      return [{ period, limit, left: limit - (window.counts.get(key) ?? 0), window }];
    });
    const exceeded = usage.findLast(({ left }) => left <= 0)?.period;
    if (config.hide_client_headers !== true) setHeaders(request, usage, exceeded, time);
    if (exceeded !== undefined) throw new Refusal(Number(config.error_code), String(config.error_message));
    for (const { window } of usage) window.counts.set(key, (window.counts.get(key) ?? 0) + 1);
  };
}

function startOf(period: Period, time: number): number {
  const date = new Date(time);
  if (period === 'year') return Date.UTC(date.getUTCFullYear(), 0);
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  return time - (time % (PERIODS[period] * 1000));
}

/** A client without a consumer is counted by address, and the sandbox has no consumers. */
function identifierOf(
  config: Readonly<Record<string, unknown>>,
  { headers, clientIp }: RequestContext,
): string {
  const header = config.limit_by === 'header' ? headers.get(String(config.header_name)) : undefined;
  return header ?? clientIp;
}

function setHeaders(
  { responseHeaders }: RequestContext,
  usage: readonly Usage[],
  exceeded: Period | undefined,
  time: number,
): void {
  const set = (name: string, value: number) => responseHeaders.set(name, [String(value)]);
  let tightest = Number.POSITIVE_INFINITY;
  for (const { period, limit, left, window } of usage) {
    // A refused request is counted only against the limit that refused it.
    const remaining = Math.max(0, exceeded === undefined || exceeded === period ? left - 1 : left);
    set(`X-RateLimit-Limit-${period}`, limit);
    set(`X-RateLimit-Remaining-${period}`, remaining);
    // Of equally tight limits the longer one is reported, and the periods run from shortest to longest.
    if (remaining > tightest) continue;
    tightest = remaining;
    const reset = Math.max(1, PERIODS[period] - Math.floor((time - window.startedAt) / 1000));
    set('RateLimit-Limit', limit);
    set('RateLimit-Remaining', remaining);
    set('RateLimit-Reset', reset);
    if (exceeded !== undefined) set('Retry-After', reset);
  }
}
