/** Kong's `rate-limiting` with policy local: windows that begin with each second, minute, hour, day. */

import type { PluginEntity } from '../config/entities';
import type { Refusal } from '../http/answer';
import type { RequestContext } from '../http/requestContext';
import { PERIOD_NAMES, PERIODS, type Period } from './bundledTypes';

export interface RateLimiter {
  /** Counts the request and puts the limits into the answer's headers. @returns a refusal beyond the limit */
  access(plugin: PluginEntity, request: RequestContext): Refusal | undefined;
}

interface Window {
  startedAt: number;
  counts: Map<string, number>;
}

interface Usage {
  period: Period;
  limit: number;
  remaining: number;
  startedAt: number;
}

/**
 * @param now milliseconds since 1970
 *
 * @fastify/rate-limit doesn't fit here: its windows begin with a client's first request, and it knows one per route.
 */
export function createRateLimiter(now: () => number = Date.now): RateLimiter {
  // Counters of a window that is over are dropped with it, all at once, so memory stays bounded.
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

  return {
    access(plugin, request) {
      const { config, route, service } = plugin;
      const time = now();
      // As in Kong the counters belong to where the plugin stands, so they outlive a change of its configuration.
      const key = `${route?.id ?? ''}:${service?.id ?? ''}:${identifierOf(config, request)}`;
      const usage = PERIOD_NAMES.flatMap((period): Usage[] => {
        const limit = config[period];
        if (typeof limit !== 'number') return [];
        const { startedAt, counts } = windowOf(period, time);
        return [{ period, limit, remaining: limit - (counts.get(key) ?? 0), startedAt }];
      });
      const exceeded = usage.findLast(({ remaining }) => remaining <= 0)?.period;
      if (config.hide_client_headers !== true) setHeaders(request, usage, exceeded, time);
      if (exceeded !== undefined)
        return { status: Number(config.error_code), message: String(config.error_message) };
      for (const { period } of usage) {
        const { counts } = windowOf(period, time);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      return undefined;
    },
  };
}

function startOf(period: Period, time: number): number {
  const date = new Date(time);
  if (period === 'year') return Date.UTC(date.getUTCFullYear(), 0);
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  const length = PERIODS[period] * 1000;
  return time - (time % length);
}

/** A client without a consumer, and the sandbox has none, counts by its address. */
function identifierOf(config: Readonly<Record<string, unknown>>, request: RequestContext): string {
  const { limit_by: limitBy, header_name: headerName, path } = config;
  if (limitBy === 'service') return request.service?.id ?? request.clientIp;
  if (limitBy === 'header') return request.headers.get(String(headerName)) ?? request.clientIp;
  if (limitBy === 'path' && request.path === path) return String(path);
  return request.clientIp;
}

function setHeaders(
  request: RequestContext,
  usage: readonly Usage[],
  exceeded: Period | undefined,
  time: number,
): void {
  const headers = request.responseHeaders;
  let tightest: { limit: number; remaining: number; reset: number } | undefined;
  for (const { period, limit, remaining: before, startedAt } of usage) {
    // A refused request is counted off only where it was refused.
    const remaining = Math.max(0, exceeded === undefined || exceeded === period ? before - 1 : before);
    const reset = Math.max(1, PERIODS[period] - Math.floor((time - startedAt) / 1000));
    const name = period[0]!.toUpperCase() + period.slice(1);
    headers.set(`X-RateLimit-Limit-${name}`, [String(limit)]);
    headers.set(`X-RateLimit-Remaining-${name}`, [String(remaining)]);
    // Of equally tight limits the longer one is told, and the periods come from the shortest to the longest.
    if (tightest === undefined || remaining <= tightest.remaining) tightest = { limit, remaining, reset };
  }
  if (tightest === undefined) return;
  headers.set('RateLimit-Limit', [String(tightest.limit)]);
  headers.set('RateLimit-Remaining', [String(tightest.remaining)]);
  headers.set('RateLimit-Reset', [String(tightest.reset)]);
  if (exceeded !== undefined) headers.set('Retry-After', [String(tightest.reset)]);
}
