/** Whatever the page, its storage, its callbacks or an answer do: no call throws, and events are recorded. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCore } from '../../../tracker/core/createCore';
import { fetchTransport } from '../../../tracker/core/fetchTransport';
import type { CoreOptions, TrackedEvent } from '../../../tracker/core/types';
import { memoryStorage } from '../../support/tracker/memoryStorage';
import { scriptedGateway } from '../../support/tracker/scriptedGateway';
import { start, trackAll } from '../../support/tracker/startedCore';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const fail = () => {
  throw new Error('broken');
};

async function namesWith(options: Partial<CoreOptions>): Promise<(string | undefined)[]> {
  const gateway = scriptedGateway();
  const core = createCore({ transport: gateway.transport, ...options });
  core.page();
  trackAll(core, 'a', 'b');
  core.identify('u-1');
  core.reset();
  core.reload();
  core.adopt('no JSON\n{"event":"adopted"}\n{cut');
  expect(await core.flush()).toBe(true);
  expect(new Set(gateway.sent[0]!.batch.map(({ context }) => context?.sessionId)).size).toBeLessThanOrEqual(
    3,
  );
  return gateway.names().flat().filter(Boolean);
}

describe('a storage', () => {
  const METHODS = ['getItem', 'setItem', 'removeItem'] as const;

  test.each([...METHODS.map((name) => [name]), METHODS, ['getItem', 'removeItem']])(
    'whose %s %s %s throws',
    async (...names) => {
      const storage = new Proxy(memoryStorage(), {
        get: (all, name) => (names.includes(name as 'getItem') ? fail : (Reflect.get(all, name) as unknown)),
      });
      expect(await namesWith({ storage })).toEqual(expect.arrayContaining(['a', 'b']));
    },
  );

  test.each([
    ['does nothing', { getItem: () => null, setItem: () => {}, removeItem: () => {} }],
    [
      'answers with what is no text',
      { getItem: () => ({}) as string, setItem: () => {}, removeItem: () => {} },
    ],
    ['has no method', {} as Storage],
    ['has rubbish in it', { getItem: () => '{"id":', setItem: () => {}, removeItem: () => {} }],
  ])('that %s', async (_, storage) => {
    expect(await namesWith({ storage })).toEqual(expect.arrayContaining(['a', 'b']));
  });

  test('that takes nothing keeps one session in memory', async () => {
    const storage = { ...memoryStorage(), getItem: () => null, setItem: fail, removeItem: fail };
    const { core, gateway } = start({ storage });
    trackAll(core, 'a', 'b');
    await core.flush();
    const [one, two] = gateway.sent[0]!.batch;
    expect(one!.context!.sessionId).toBe(two!.context!.sessionId);
  });
});

test.each(['context', 'eventContext', 'sessionStart', 'isOnline', 'isRefused', 'onDrop', 'onRetry'] as const)(
  'a %s that throws',
  async (name) => {
    expect(await namesWith({ [name]: fail, maxEventBytes: 2_000 })).toEqual(
      expect.arrayContaining(['a', 'b']),
    );
  },
);

describe('an answer that is not what it should be', () => {
  const BODIES = [
    ...[
      '{"Records":5}',
      '{"Records":{}}',
      '{"Records":[null,1,"a"]}',
      '{"Records":"x"}',
      '[]',
      '5',
      'null',
      'true',
      '""',
    ],
    ...[
      '{"error":5}',
      '{"error":{"events":5}}',
      '{"error":{"events":[null]}}',
      '{"error":null}',
      '<html>',
      '',
      '{',
    ],
  ];
  test.each(BODIES)('%s ends in another attempt', async (text) => {
    const { core, gateway } = start();
    gateway.answerNext({ text });
    trackAll(core, 'a', 'b');
    expect(await core.flush()).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(gateway.stored).toHaveLength(2);
  });

  test('a transport that throws at once, or returns nothing, is as one without an answer', async () => {
    for (const transport of [fail, () => undefined] as never[]) {
      const core = createCore({ transport });
      core.track('a');
      expect(await core.flush()).toBe(false);
      core.closing();
    }
  });

  test('an answer whose headers can’t be read is one', async () => {
    const transport = async () => ({ status: 200, header: fail, text: '{"SequenceNumber":"1"}' });
    const core = createCore({ transport });
    core.track('a');
    expect(await core.flush()).toBe(true);
  });
});

describe('before()', () => {
  const before = (replace: (event: TrackedEvent) => unknown) =>
    start({ before: replace as CoreOptions['before'] & {} });

  test('changes an event, or takes it out', async () => {
    const { core, gateway } = before((event) =>
      event.event === 'secret' ? null : { ...event, properties: { ...event.properties, added: 1 } },
    );
    trackAll(core, 'a', 'secret');
    await core.flush();
    expect(gateway.names()).toEqual([['a']]);
    expect(gateway.sent[0]!.batch[0]!.properties).toEqual({ added: 1 });
  });

  test.each([
    ['throws', fail],
    ['returns nothing', () => undefined],
    ['returns a promise', async (event: TrackedEvent) => event],
  ])('that %s lets no event through, and the stream hears how many', async (_, replace) => {
    const onDrop = vi.fn();
    const gateway = scriptedGateway();
    const core = createCore({ transport: gateway.transport, onDrop, before: replace as never });
    trackAll(core, 'a');
    await core.flush();
    expect(gateway.sent).toEqual([]);
    expect(onDrop).toHaveBeenCalledWith(1, 'invalid', expect.stringContaining('a: '));
  });
});

test('setContext() adds to all later events, and undefined takes it out', async () => {
  const { core, gateway } = start();
  core.setContext({ app: 'shop', test: 'b' });
  trackAll(core, 'a');
  core.setContext({ test: undefined });
  trackAll(core, 'b');
  await core.flush();
  expect(gateway.sent[0]!.batch.map(({ context }) => [context!.app, context!.test])).toEqual([
    ['shop', 'b'],
    ['shop', undefined],
  ]);
});

describe('a browser API', () => {
  test.each([
    ['crypto', undefined],
    ['crypto', { getRandomValues: fail }],
    ['performance', undefined],
    ['TextEncoder', undefined],
    ['TextDecoder', undefined],
    ['URL', undefined],
    ['AbortSignal', undefined],
    ['structuredClone', undefined],
    ['console', { log: fail, warn: fail }],
  ])('that is missing or broken, as in React Native: %s', async (name, value) => {
    vi.stubGlobal(name, value);
    expect(await namesWith({ debug: true })).toEqual(expect.arrayContaining(['a', 'b']));
  });

  test.each([undefined, fail, () => undefined, () => ({})])(
    'fetch that is %s is no answer',
    async (broken) => {
      vi.stubGlobal('fetch', broken);
      const core = createCore({ transport: fetchTransport({ endpoint: 'https://x.example' }) });
      core.track('a');
      expect(await core.flush()).toBe(false);
    },
  );
});
