/** What bounds an event, and what is no event at all. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRateLimit } from '../../../tracker/core/rateLimit';
import { cut, stringify } from '../../../tracker/core/text';
import { start, trackAll } from '../../support/tracker/startedCore';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('an event that is too large', () => {
  test('is given up alone, and the stream hears of it', async () => {
    const onDrop = vi.fn();
    const { core, gateway } = start({ onDrop });
    trackAll(core, 'a', 'b');
    core.track('Large', { text: 'x'.repeat(600_000) });
    core.track('Large', { text: '漢'.repeat(25_000) });
    trackAll(core, 'c');
    await core.flush();
    expect(gateway.names()).toEqual([['a', 'b', 'c'], ['Events Dropped']]);
    expect(onDrop.mock.calls).toEqual([
      [1, 'too_large', 'Large'],
      [1, 'too_large', 'Large'],
    ]);
    expect(gateway.sent[1]!.batch[0]!.properties).toEqual({ count: 2, reason: 'too_large' });
  });

  test('may be as large as the page says', async () => {
    const { core, gateway } = start({ maxEventBytes: 1_000_000 });
    core.track('Large', { text: 'x'.repeat(100_000) });
    await core.flush();
    expect(gateway.names()).toEqual([['Large']]);
  });
});

describe('more events than a page may make in a second', () => {
  test('are given up, and counted', async () => {
    const onDrop = vi.fn();
    const { core, gateway } = start({ onDrop, maxEventsPerSecond: 3 });
    trackAll(core, 'a', 'b', 'c', 'd', 'e');
    await vi.advanceTimersByTimeAsync(1_000);
    trackAll(core, 'f');
    await core.flush();
    expect(gateway.names()).toEqual([['a', 'b', 'c', 'f'], ['Events Dropped']]);
    expect(onDrop).toHaveBeenCalledWith(1, 'rate_limited', 'd');
    expect(gateway.sent[1]!.batch[0]!.properties).toEqual({ count: 2, reason: 'rate_limited' });
  });

  test('are counted by a clock that may be set back', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(10_000);
    const mayRecord = createRateLimit(1);
    expect([mayRecord(), mayRecord()]).toEqual([true, false]);
    now.mockReturnValue(-90_000);
    expect(mayRecord()).toBe(true);
  });
});

describe('identify()', () => {
  const NO_IDS = [
    undefined,
    null,
    '',
    '  ',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    {},
    [],
    true,
    () => 1,
    Symbol('id'),
  ];
  const AS_TEXT = ['undefined', 'null', 'NaN', '[object Object]', 'x'.repeat(257)];

  test.each([...NO_IDS, ...AS_TEXT].map((id) => [id]))(
    'refuses %s, says so in debug, and changes nothing',
    async (id) => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue();
      vi.spyOn(console, 'log').mockReturnValue();
      const { core, gateway } = start({ debug: true });
      core.identify('u-1');
      core.identify(id as string);
      core.track('After');
      await core.flush();
      expect(gateway.sent[0]!.batch.map(({ type, userId }) => [type, userId])).toEqual([
        ['identify', 'u-1'],
        ['track', 'u-1'],
      ]);
      expect(warn).toHaveBeenCalledOnce();
    },
  );

  test('takes a number', async () => {
    const { core, gateway } = start();
    core.identify(42);
    await core.flush();
    expect(gateway.sent[0]!.batch[0]!.userId).toBe('42');
  });

  test('what an earlier version has stored is no id either', async () => {
    const { gateway, storage, restart } = start();
    storage.setItem('clickstream.user', '[object Object]');
    const core = restart();
    core.track('a');
    await core.flush();
    expect(gateway.sent[0]!.batch[0]).not.toHaveProperty('userId');
  });
});

test.each([[undefined], [''], [null], [{}], [7]])('track(%s) records nothing', async (name) => {
  const { core, gateway } = start();
  core.track(name as string);
  await core.flush();
  expect(gateway.sent).toEqual([]);
});

describe('text', () => {
  test.each([
    ['ab😀', 3, 'ab'],
    ['ab😀', 4, 'ab😀'],
    ['abc', 2, 'ab'],
  ])('%s cut at %i is %s', (text, limit, expected) => expect(cut(text, limit)).toBe(expected));

  test('half characters become U+FFFD, wherever they stand', () => {
    expect(JSON.parse(stringify({ a: 'x\ud83d', b: ['\ude00y', '😀'], c: '\\ud83d' }))).toEqual({
      a: 'x\ufffd',
      b: ['\ufffdy', '😀'],
      c: '\\ud83d',
    });
  });

  test('dates and big numbers are text', () => {
    const value = { at: new Date(0), never: new Date(Number.NaN), big: 12n };
    expect(JSON.parse(stringify(value))).toEqual({ at: '1970-01-01T00:00:00.000Z', never: null, big: '12' });
  });
});

describe('Prototype.js', () => {
  const patched = [Array.prototype, Object.prototype, Date.prototype] as { toJSON?: unknown }[];
  const originals = patched.map(({ toJSON }) => toJSON);

  afterEach(() => {
    patched.forEach((prototype, i) => {
      if (originals[i]) prototype.toJSON = originals[i];
      else delete prototype.toJSON;
    });
  });

  test('whose toJSON makes text of everything spoils no event', async () => {
    const { core, gateway } = start();
    for (const prototype of patched)
      Object.defineProperty(prototype, 'toJSON', {
        configurable: true,
        writable: true,
        value: () => '"text"',
      });
    core.track('a', { list: [1, { b: [2] }], at: new Date(0), own: { toJSON: () => 'own' } });
    await core.flush();
    patched.forEach((prototype, i) => {
      if (originals[i]) prototype.toJSON = originals[i];
      else delete prototype.toJSON;
    });
    expect(gateway.sent[0]!.batch[0]!.properties).toEqual({
      list: [1, { b: [2] }],
      at: '1970-01-01T00:00:00.000Z',
      own: 'own',
    });
  });
});
