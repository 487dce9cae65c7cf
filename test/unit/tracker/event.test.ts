/** What the tracker makes of a call. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { start } from '../../support/tracker/startedCore';

const NOW = '2026-03-01T12:00:00.000Z';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

beforeEach(() => void vi.useFakeTimers({ now: Date.parse(NOW) }));
afterEach(() => void vi.useRealTimers());

describe('an event', () => {
  test('has Segment’s shape', async () => {
    const { core, gateway } = start({
      context: () => ({ locale: 'de' }),
      eventContext: () => ({ page: { path: '/p/1' } }),
    });
    core.page('Product', { sku: 7 });
    core.identify('u-1', { plan: 'free' });
    core.track('Added', { price: 1 });
    await core.flush();
    const context = { page: { path: '/p/1' }, sessionId: expect.stringMatching(UUID), sessionIndex: 1 };
    const common = { messageId: expect.stringMatching(UUID), timestamp: NOW, context };
    expect(gateway.sent).toEqual([
      {
        sentAt: NOW,
        context: { locale: 'de' },
        batch: [
          { ...common, type: 'page', name: 'Product', properties: { path: '/p/1', sku: 7 } },
          { ...common, type: 'identify', traits: { plan: 'free' }, userId: 'u-1' },
          { ...common, type: 'track', event: 'Added', properties: { price: 1 }, userId: 'u-1' },
        ],
      },
    ]);
    expect(new Set(gateway.sent[0]!.batch.map(({ messageId }) => messageId)).size).toBe(3);
  });

  test('that is no JSON is given up without harm to the page', async () => {
    const onDrop = vi.fn();
    const { core, gateway } = start({ onDrop });
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    core.track('Bad', loop);
    core.track('Good');
    await core.flush();
    expect(onDrop).toHaveBeenCalledWith(1, 'invalid', expect.stringContaining('Bad: TypeError'));
    expect(gateway.names()[0]).toEqual(['Good']);
  });
});
