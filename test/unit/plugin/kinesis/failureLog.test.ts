import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { refreshedCredentials } from '../../../../plugins/kinesis-ingest/kinesis/credentials/refreshedCredentials';
import { failureLog } from '../../../../plugins/kinesis-ingest/kinesis/failureLog';
import { capturedLog } from '../../../support/plugin/capturedLog';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const SECONDS = 1000;

it('a failure is logged at once, a storm of the same as a number when ten seconds are over', async () => {
  const { log, entries } = capturedLog();
  const failures = failureLog(log);
  for (let n = 0; n < 1000; n++) failures.error('throttled s', { stream: 's', n }, 'a call failed');
  expect(entries).toMatchObject([{ level: 50, stream: 's', n: 0, msg: 'a call failed' }]);
  expect(entries[0]).not.toHaveProperty('repeated');
  await vi.advanceTimersByTimeAsync(10 * SECONDS - 1);
  expect(entries).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(entries.slice(1)).toMatchObject([{ stream: 's', repeated: 999, seconds: 10, msg: 'a call failed' }]);
});

it('what several instances fail in, and write into one log, is one failure', async () => {
  const { log, entries } = capturedLog();
  for (let instance = 0; instance < 4; instance++) failureLog(log).error('cause', {}, 'failed');
  await vi.advanceTimersByTimeAsync(10 * SECONDS);
  expect(entries).toMatchObject([{ msg: 'failed' }, { msg: 'failed', repeated: 3 }]);
});

it('a failure that does not come again is logged once', async () => {
  const { log, entries } = capturedLog();
  failureLog(log).error('cause', {}, 'failed');
  await vi.advanceTimersByTimeAsync(60 * SECONDS);
  expect(entries).toHaveLength(1);
});

it('each cause has a line of its own, and again when its time is over', async () => {
  const { log, entries } = capturedLog();
  const failures = failureLog(log);
  failures.error('a', {}, 'of a');
  failures.error('b', {}, 'of b');
  await vi.advanceTimersByTimeAsync(10 * SECONDS);
  failures.error('a', {}, 'of a');
  expect(entries.map(({ msg }) => msg)).toEqual(['of a', 'of b', 'of a']);
});

it('a minute of failures makes two lines per ten seconds', async () => {
  const { log, entries } = capturedLog();
  const failures = failureLog(log);
  for (let ms = 0; ms < 60 * SECONDS; ms += 10) {
    failures.error('a', {}, 'failed');
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(entries.length).toBeGreaterThan(10);
  expect(entries.length).toBeLessThanOrEqual(12);
  const told = entries.reduce((sum, { repeated }) => sum + ((repeated as number | undefined) ?? 1), 0);
  expect(told).toBe(6000);
});

it('more causes than a log can want make no more lines, and are counted together', async () => {
  const { log, entries } = capturedLog();
  const failures = failureLog(log);
  for (let n = 0; n < 5000; n++) failures.error(`surprise ${n}`, {}, 'failed');
  expect(entries.length).toBeLessThanOrEqual(101);
  await vi.advanceTimersByTimeAsync(10 * SECONDS);
  expect(entries.length).toBeLessThanOrEqual(102);
  expect(entries.at(-1)).toMatchObject({ repeated: 4899 });
});

it('credentials that can’t be fetched for a minute are two lines every ten seconds at most, whoever asks', async () => {
  const { log, entries } = capturedLog();
  const fetch = () => Promise.reject(new Error('role not found'));
  const source = refreshedCredentials(fetch, { log });
  for (let second = 0; second < 60; second++) {
    await Promise.allSettled(Array.from({ length: 100 }, () => source.get()));
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(entries.length).toBeGreaterThan(1);
  expect(entries.length).toBeLessThanOrEqual(2 * 6);
  expect(entries[0]).toMatchObject({ cause: 'Error: role not found' });
});
