/** Fetches of credentials that fail or hang, and what the log says of them. */

import { describe, expect, it, vi } from 'vitest';
import { refreshedCredentials } from '../../../../../plugins/kinesis-ingest/kinesis/credentials/refreshedCredentials';
import { capturedLog } from '../../../../support/plugin/capturedLog';
import {
  controlledSource,
  credentials,
  HOUR,
  heldSource,
  MINUTE,
  SECOND,
  SECRET,
  settled,
  UNAVAILABLE,
  useCredentialsClock,
} from '../../../../support/plugin/fetchedCredentials';

useCredentialsClock();

describe('a refresh that fails while the old ones are valid', () => {
  it('is nothing that a request sees, and is tried again after 5 seconds', async () => {
    const source = await heldSource(HOUR);
    vi.setSystemTime(Date.now() + 55 * MINUTE);
    source.ask();
    await source.fail();
    expect(source.get()).toMatchObject(credentials(1));
    expect(source.fetches()).toBe(2);
    vi.setSystemTime(Date.now() + 5 * SECOND);
    expect(source.get()).toMatchObject(credentials(1));
    expect(source.fetches()).toBe(3);
    await source.answer(HOUR);
    expect(source.get()).toMatchObject(credentials(3));
  });

  it('is tried again though nobody asks, so that the next to ask need not wait', async () => {
    const source = await heldSource(HOUR);
    source.ask();
    await vi.advanceTimersByTimeAsync(54 * MINUTE);
    await source.fail();
    await vi.advanceTimersByTimeAsync(5 * SECOND);
    expect(source.fetches()).toBe(3);
  });

  it('is told to requests once the old ones have expired', async () => {
    const source = await heldSource(HOUR);
    vi.setSystemTime(Date.now() + HOUR - 12 * SECOND);
    source.ask();
    await source.fail();
    vi.setSystemTime(Date.now() + 3 * SECOND);
    await expect(source.get()).rejects.toMatchObject(UNAVAILABLE);
  });
});

describe('a fetch that fails with nothing to fall back on', () => {
  it('refuses all who wait with 503 and Retry-After', async () => {
    const source = controlledSource();
    const asked = Promise.allSettled([source.get(), source.get()]);
    await source.fail();
    for (const result of await asked) {
      expect(result).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
      const { reason } = result as { reason: { headers: Record<string, string> } };
      expect(reason.headers['retry-after']).toBe('5');
    }
  });

  it('refuses the following at once, without a new fetch for 5 seconds', async () => {
    const source = controlledSource();
    const first = Promise.allSettled([source.get()]);
    await source.fail();
    await first;
    vi.setSystemTime(Date.now() + 5 * SECOND - 1);
    for (let n = 0; n < 100; n++) await expect(source.get()).rejects.toMatchObject(UNAVAILABLE);
    expect(source.fetches()).toBe(1);
  });

  it('is made good by the next one', async () => {
    const source = controlledSource();
    const first = Promise.allSettled([source.get()]);
    await source.fail();
    await first;
    vi.setSystemTime(Date.now() + 5 * SECOND);
    const asked = source.get();
    await source.answer(HOUR);
    expect(await asked).toMatchObject(credentials(2));
    expect(source.get()).toMatchObject(credentials(2));
  });

  it.each([
    ['have expired', -SECOND],
    ['expire in the next 10 seconds', 9 * SECOND],
  ])('is also one that brings credentials that %s', async (_, lifetime) => {
    const source = controlledSource();
    const asked = Promise.allSettled([source.get()]);
    await source.answer(lifetime);
    expect(await asked).toMatchObject([{ status: 'rejected', reason: UNAVAILABLE }]);
    await expect(source.get()).rejects.toMatchObject(UNAVAILABLE);
    expect(source.fetches()).toBe(1);
  });
});

describe('a fetch that hangs', () => {
  it('is given up after 10 seconds', async () => {
    const source = controlledSource();
    const asked = Promise.allSettled([source.get()]);
    await vi.advanceTimersByTimeAsync(10 * SECOND - 1);
    expect(source.log.entries).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked).toMatchObject([{ status: 'rejected', reason: UNAVAILABLE }]);
    expect(source.log.text()).toContain('no answer in 10000 ms');
  });

  it('does no harm when it ends late', async () => {
    const source = controlledSource();
    const asked = Promise.allSettled([source.get()]);
    await vi.advanceTimersByTimeAsync(10 * SECOND);
    await asked;
    await source.fail('late');
    expect(source.log.entries).toHaveLength(1);
  });

  it('keeps no request from the old ones while they are valid', async () => {
    const source = await heldSource(HOUR);
    vi.setSystemTime(Date.now() + 55 * MINUTE);
    for (let second = 0; second < 10; second++) {
      expect(source.get()).toMatchObject(credentials(1));
      await vi.advanceTimersByTimeAsync(SECOND);
    }
    expect(source.fetches()).toBe(2);
  });
});

describe('the log', () => {
  it('tells of credentials when they expire, and no secret', async () => {
    const source = await heldSource(HOUR);
    expect(source.log.entries).toMatchObject([{ level: 30, expires: '2015-08-30T13:36:00.000Z' }]);
    expect(source.log.text()).not.toContain(SECRET);
    expect(source.log.text()).not.toContain('AKID');
  });

  it('tells why a fetch failed, once, and nothing that the error object carries', async () => {
    const { log, entries, text } = capturedLog();
    const response = { $response: { body: SECRET }, credentials: credentials(1) };
    const fetch = () => Promise.reject(Object.assign(new Error('role not found'), response));
    const source = refreshedCredentials(fetch, { log });
    await Promise.allSettled([source.get(), source.get()]);
    await settled();
    expect(entries).toMatchObject([{ level: 50, cause: 'Error: role not found' }]);
    expect(text()).not.toContain(SECRET);
  });

  it('has neither ARN nor account, nor what a file says', async () => {
    const { log, text } = capturedLog();
    let malformed: Error | undefined;
    try {
      JSON.parse(`{"SecretAccessKey": ${SECRET}`);
    } catch (error) {
      malformed = error as Error;
    }
    const denied = 'User: arn:aws:iam::123456789012:user/door is not authorized to perform: sts:AssumeRole';
    for (const error of [malformed!, new Error(denied)]) {
      const source = refreshedCredentials(() => Promise.reject(error), { log });
      await Promise.allSettled([source.get()]);
    }
    expect(text()).toContain('is not valid JSON');
    expect(text()).toContain('is not authorized');
    expect(text()).not.toMatch(/123456789012|user.door|SECRET/);
  });

  it('has two lines every ten seconds at most, whoever asks, while nothing can be fetched', async () => {
    const { log, entries } = capturedLog();
    const fetch = () => Promise.reject(new Error('role not found'));
    const source = refreshedCredentials(fetch, { log });
    for (let second = 0; second < 60; second++) {
      await Promise.allSettled(Array.from({ length: 100 }, () => source.get()));
      await vi.advanceTimersByTimeAsync(SECOND);
    }
    expect(entries.length).toBeGreaterThan(1);
    expect(entries.length).toBeLessThanOrEqual(2 * 6);
  });
});
