/** Credentials while all goes well: fetched once, handed out without waiting, refreshed in time. */

import { describe, expect, it, vi } from 'vitest';
import {
  controlledSource,
  credentials,
  HOUR,
  heldSource,
  MINUTE,
  SECOND,
  UNAVAILABLE,
  useCredentialsClock,
} from '../../../../support/plugin/fetchedCredentials';

useCredentialsClock();

describe('credentials that are not there yet', () => {
  it('are fetched once for all who ask at the same time', async () => {
    const source = controlledSource();
    const asked = Array.from({ length: 100 }, () => source.get());
    expect(source.fetches()).toBe(1);
    await source.answer(HOUR);
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject(credentials(1));
    expect(source.fetches()).toBe(1);
  });

  it('are not fetched before somebody asks', async () => {
    const source = controlledSource();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(source.fetches()).toBe(0);
  });
});

describe('credentials that are there', () => {
  it('are handed out without a promise', async () => {
    const source = await heldSource(HOUR);
    expect(source.get()).toMatchObject(credentials(1));
  });

  it('are kept for ever where they do not expire and nobody asks', async () => {
    const source = await heldSource();
    await vi.advanceTimersByTimeAsync(1000 * 24 * HOUR);
    expect(source.fetches()).toBe(1);
    expect(source.get()).toMatchObject(credentials(1));
  });

  it('are read again every 30 seconds where they do not expire, and nobody waits for it', async () => {
    const source = await heldSource();
    vi.setSystemTime(Date.now() + 30 * SECOND - 1);
    source.ask();
    expect(source.fetches()).toBe(1);
    vi.setSystemTime(Date.now() + 1);
    expect(source.get()).toMatchObject(credentials(1));
    expect(source.fetches()).toBe(2);
    await source.answer();
    expect(source.get()).toMatchObject(credentials(2));
  });

  it('are not fetched again and again where they live longer than a timer can wait', async () => {
    const source = await heldSource(60 * 24 * HOUR);
    source.ask();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(source.fetches()).toBe(1);
  });

  it.each([
    ['6 minutes ahead', 0, HOUR, 54 * MINUTE],
    ['up to a minute earlier, at random', 1, HOUR, 53 * MINUTE],
    ['at half of a short life', 0, 4 * MINUTE, 2 * MINUTE],
    ['no sooner than after 5 seconds', 1, MINUTE, 5 * SECOND],
  ])('are refreshed %s, and handed out meanwhile without waiting', async (_, random, lifetime, at) => {
    const source = await heldSource(lifetime, random);
    vi.setSystemTime(Date.now() + at - 1);
    expect(source.get()).toMatchObject(credentials(1));
    expect(source.fetches()).toBe(1);
    vi.setSystemTime(Date.now() + 1);
    for (let n = 0; n < 100; n++) expect(source.get()).toMatchObject(credentials(1));
    expect(source.fetches()).toBe(2);
    await source.answer(HOUR);
    expect(source.get()).toMatchObject(credentials(2));
    expect(source.fetches()).toBe(2);
  });

  it('are never handed out in their last 10 seconds', async () => {
    const source = await heldSource(HOUR);
    vi.setSystemTime(Date.now() + HOUR - 10 * SECOND);
    const asked = source.get();
    expect(asked).toBeInstanceOf(Promise);
    await source.answer(HOUR);
    expect(await asked).toMatchObject(credentials(2));
  });

  it('are not asked for in a loop where the source keeps handing out the same', async () => {
    const source = await heldSource(5 * MINUTE);
    vi.setSystemTime(Date.now() + 3 * MINUTE);
    source.ask();
    await source.answer(2 * MINUTE);
    const fetches = source.fetches();
    for (let n = 0; n < 100; n++) source.ask();
    expect(source.fetches()).toBe(fetches);
  });
});

describe('credentials that nobody has asked for since', () => {
  it('are refreshed once on time for who asks next, and then not again', async () => {
    const source = await heldSource(HOUR);
    source.ask();
    await vi.advanceTimersByTimeAsync(54 * MINUTE);
    expect(source.fetches()).toBe(2);
    await source.answer(HOUR);
    await vi.advanceTimersByTimeAsync(24 * HOUR);
    expect(source.fetches()).toBe(2);
  });

  it('are fetched anew when somebody asks at last', async () => {
    const source = await heldSource(HOUR);
    await vi.advanceTimersByTimeAsync(24 * HOUR);
    const asked = source.get();
    await source.answer(HOUR);
    expect(await asked).toMatchObject(credentials(2));
  });
});

describe('credentials that AWS no longer takes', () => {
  it('are fetched anew by the next who asks, once for all', async () => {
    const source = await heldSource(HOUR);
    const stale = await source.get();
    vi.setSystemTime(Date.now() + 5 * SECOND);
    expect(source.renew(stale)).toBe(true);
    const asked = [source.get(), source.get()];
    expect(source.renew(stale)).toBe(true);
    expect(source.fetches()).toBe(2);
    await source.answer(HOUR);
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject(credentials(2));
  });

  it('are not fetched again for those who were late to notice', async () => {
    const source = await heldSource(HOUR);
    const stale = await source.get();
    vi.setSystemTime(Date.now() + 5 * SECOND);
    source.renew(stale);
    source.ask();
    await source.answer(HOUR);
    expect(source.renew(stale)).toBe(true);
    expect(source.get()).toMatchObject(credentials(2));
    expect(source.fetches()).toBe(2);
  });

  it('are kept where they have only just come', async () => {
    const source = await heldSource(HOUR);
    const fresh = await source.get();
    vi.setSystemTime(Date.now() + 5 * SECOND - 1);
    expect(source.renew(fresh)).toBe(false);
    expect(source.get()).toMatchObject(credentials(1));
    expect(source.fetches()).toBe(1);
  });

  it('are a problem until AWS takes a call again', async () => {
    const source = await heldSource(HOUR);
    const refused = await source.get();
    source.renew(refused);
    expect(source.problem()).toBe('AWS refuses the credentials');
    source.accepted(refused);
    expect(source.problem()).toBeUndefined();
  });

  it('are a problem until others come', async () => {
    const source = await heldSource(HOUR);
    source.renew(await source.get());
    vi.setSystemTime(Date.now() + 5 * SECOND);
    source.renew(await source.get());
    source.ask();
    expect(source.problem()).toBe('AWS refuses the credentials');
    await source.answer(HOUR);
    expect(source.problem()).toBeUndefined();
  });

  it('and of which no others come are a problem, told to requests and to health checks', async () => {
    const source = await heldSource(HOUR);
    const stale = await source.get();
    vi.setSystemTime(Date.now() + 5 * SECOND);
    source.renew(stale);
    const asked = Promise.allSettled([source.get()]);
    await source.fail();
    expect(await asked).toMatchObject([{ status: 'rejected', reason: UNAVAILABLE }]);
    expect(source.problem()).toBe('events cannot be signed at the moment');
  });
});
