import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failureLog } from '../../../plugins/kinesis-ingest/failureLog';
import { refreshedCredentials } from '../../../plugins/kinesis-ingest/refreshedCredentials';
import { capturedLog } from '../../support/plugin/capturedLog';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a cause is one line at once, and its repeats are one more every ten seconds', async () => {
  const { log, entries } = capturedLog();
  const failures = failureLog(log);
  for (let i = 0; i < 1000; i++) failures.error('a', { stream: 's' }, 'a call failed');
  failures.error('b', {}, 'a call failed');
  expect(entries).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(entries.slice(2)).toMatchObject([{ stream: 's', repeated: 999, seconds: 10, msg: 'a call failed' }]);
});

it('a cause that is another one each time is bounded too', async () => {
  const { log, entries } = capturedLog();
  const failures = failureLog(log);
  for (let i = 0; i < 10_000; i++) failures.error(`cause ${i}`, {}, 'an event could not be handled');
  expect(entries.length).toBeLessThanOrEqual(101);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(entries.at(-1)).toMatchObject({ repeated: 9_899 });
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
