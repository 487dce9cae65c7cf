/**
 * Sends requests at a constant rate, whatever the answers do (an open loop).
 *
 * A latency counts from the moment at which the request was due, not from the one at which it could be sent: a stall
 * is then felt by every request that it delays, as users would (no coordinated omission).
 */

import { setTimeout as delay } from 'node:timers/promises';
import { build, type Histogram } from 'hdr-histogram-js';
import { Pool } from 'undici';

export interface OpenLoopOptions {
  url: string;
  /** Requests per second. */
  rate: number;
  seconds: number;
  /** The same for all requests, or made for each from its number, from 0 on. */
  body: Buffer | ((number: number) => Buffer);
  headers?: Record<string, string>;
  /** Connections at the most. */
  connections?: number;
  /** Called about once a second with what happened since the last call. */
  onSecond?: (second: LoadSecond) => void;
  /** Called with the end of each request. */
  onAnswer?: (answer: LoadAnswer) => void;
  /** Ends the load early; what is under way is still waited for. */
  signal?: AbortSignal;
}

/** How one request ended. */
export interface LoadAnswer {
  number: number;
  /** `200`, `503`, or what went wrong: `ECONNRESET`, `not sent`. */
  outcome: string;
  /** A `performance.now()`: when it was due. */
  dueAt: number;
  /** Milliseconds from then on. */
  tookMs: number;
}

/** What happened in one second of the load. */
export interface LoadSecond {
  /** Seconds since the start. */
  at: number;
  sent: number;
  /** Latencies of the answers that came in it, in microseconds. */
  latencies: Histogram;
  errors: number;
}

export interface LoadResult {
  sent: number;
  /** Answers with status 200. */
  accepted: number;
  /** What went wrong, by kind: `status 503`, `ECONNRESET`, `not sent` (too many under way). */
  errors: Record<string, number>;
  /** Latencies in microseconds, of every answer whatever its status. */
  latencies: Histogram;
  seconds: number;
}

/** For microseconds, up to a minute, with three significant digits. */
export function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
}

/** A percentile in milliseconds. */
export function percentile(latencies: Histogram, percent: number): number {
  return latencies.getValueAtPercentile(percent) / 1000;
}

/** Requests under way at once; one that is due beyond that isn't sent and counts as an error. */
const MAX_UNDER_WAY = 20_000;
const REQUEST_TIMEOUT_MS = 30_000;

export async function runOpenLoop(options: OpenLoopOptions): Promise<LoadResult> {
  const { url, rate, seconds, body, connections = 512, onSecond, onAnswer, signal } = options;
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, {
    connections,
    headersTimeout: REQUEST_TIMEOUT_MS,
    bodyTimeout: REQUEST_TIMEOUT_MS,
  });
  const headers = { 'content-type': 'application/json', ...options.headers };
  const result: LoadResult = { sent: 0, accepted: 0, errors: {}, latencies: newHistogram(), seconds };
  let current: LoadSecond = { at: 0, sent: 0, latencies: newHistogram(), errors: 0 };
  let underWay = 0;

  function failed(kind: string): void {
    result.errors[kind] = (result.errors[kind] ?? 0) + 1;
    current.errors++;
  }

  function ended(number: number, dueAt: number, outcome: string): void {
    onAnswer?.({ number, outcome, dueAt, tookMs: performance.now() - dueAt });
  }

  async function sendOne(number: number, dueAt: number): Promise<void> {
    underWay++;
    try {
      const answer = await pool.request({
        path: pathname + search,
        method: 'POST',
        headers,
        body: typeof body === 'function' ? body(number) : body,
      });
      // Read to its end: half an answer is none.
      await answer.body.text();
      const micros = Math.max(1, Math.round((performance.now() - dueAt) * 1000));
      result.latencies.recordValue(micros);
      current.latencies.recordValue(micros);
      if (answer.statusCode === 200) result.accepted++;
      else failed(`status ${answer.statusCode}`);
      ended(number, dueAt, String(answer.statusCode));
    } catch (error) {
      const kind = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
      failed(kind);
      ended(number, dueAt, kind);
    } finally {
      underWay--;
    }
  }

  const start = performance.now();
  const total = Math.round(rate * seconds);
  const running = new Set<Promise<void>>();
  while (result.sent < total && !signal?.aborted) {
    const elapsed = performance.now() - start;
    const due = Math.min(total, Math.floor((elapsed * rate) / 1000) + 1);
    while (result.sent < due) {
      const number = result.sent++;
      const dueAt = start + (number * 1000) / rate;
      current.sent++;
      if (underWay >= MAX_UNDER_WAY) {
        failed('not sent');
        ended(number, dueAt, 'not sent');
        continue;
      }
      const request = sendOne(number, dueAt).finally(() => running.delete(request));
      running.add(request);
    }
    if (elapsed >= (current.at + 1) * 1000) {
      onSecond?.(current);
      current = { at: current.at + 1, sent: 0, latencies: newHistogram(), errors: 0 };
    }
    await delay(1);
  }
  await Promise.all(running);
  onSecond?.(current);
  await pool.close();
  return result;
}
