import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Kong } from '../../../../pluginserver/pdk';
import { ANSWERS, hostAccess, INTERNAL_ERROR, names } from '../../../support/pluginserver/hostAccess';
import { until } from '../../../support/until';

function errors(host: { logged: Record<string, unknown>[] }) {
  return host.logged.filter(({ level }) => Number(level) >= 50);
}

describe('a plugin that fails', () => {
  const cases: [string, (kong: Kong) => unknown, string[]][] = [
    [
      'throws at once',
      () => {
        throw new Error('kaput');
      },
      [],
    ],
    [
      'throws at once, after calls',
      ({ service, request }) => {
        request.getPath().catch(() => undefined);
        service.request.setPath('/').catch(() => undefined);
        throw new Error('kaput');
      },
      ['kong.request.get_path', 'kong.service.request.set_path'],
    ],
    ['rejects before any call', () => Promise.reject(new Error('kaput')), []],
    [
      'rejects after an answer',
      async ({ request }) => {
        throw new Error(`kaput ${await request.getPath()}`);
      },
      ['kong.request.get_path'],
    ],
    [
      'rejects while an answer is awaited',
      async ({ request }) => {
        request.getPath().catch(() => undefined);
        await Promise.reject(new Error('kaput'));
      },
      ['kong.request.get_path'],
    ],
    [
      'throws no error at all',
      () => {
        throw undefined;
      },
      [],
    ],
    [
      'does not catch what a call throws',
      async ({ request }) => void (await request.getRawBody()),
      ['kong.request.get_raw_body'],
    ],
  ];

  it.each(cases)(
    '%s: one exit with 500 internal_error, logged once, not closed by us',
    async (_, access, calls) => {
      const { host, kong, instance, end } = await hostAccess(access);
      const outcome = await kong.event(instance, {
        ...ANSWERS,
        'kong.request.get_raw_body': { bodyFilepath: '/var/tmp/0001' },
      });
      expect(outcome).toMatchObject({ end: 'exit', exit: INTERNAL_ERROR });
      expect(names(outcome)).toEqual([...calls, 'kong.response.exit']);
      await host.roundTrip();
      expect([kong.unread, kong.closed, end.runningEvents]).toEqual([[], false, 0]);
      expect(errors(host)).toHaveLength(1);
      if (access !== cases[5]![1])
        expect(errors(host)[0]).toMatchObject({
          phase: 'access',
          err: { stack: expect.stringContaining('Error') },
        });
    },
  );

  it('after its exit changes nothing any more', async () => {
    const { host, kong, instance } = await hostAccess(async ({ response }) => {
      await response.exit(204);
      throw new Error('too late');
    });
    const outcome = await kong.event(instance);
    expect([names(outcome), outcome.exit?.status]).toEqual([['kong.response.exit'], 204]);
    await host.roundTrip();
    expect([kong.unread, kong.closed]).toEqual([[], false]);
  });

  it('to end is answered when the limit is reached, and its later calls go nowhere', async () => {
    const seen: unknown[] = [];
    const { host, kong, instance, end } = await hostAccess(
      async ({ request }) => {
        await delay(60);
        seen.push(await request.getPath().catch((error) => error));
      },
      { phaseTimeoutMs: 20 },
    );
    const outcome = await kong.event(instance);
    expect(outcome).toMatchObject({ end: 'exit', exit: INTERNAL_ERROR });
    expect(end.runningEvents).toBe(0);
    await until('the handler has made its call', () => seen.length > 0);
    await host.roundTrip();
    expect(seen).toEqual([expect.objectContaining({ code: 'ERR_EVENT_OVER' })]);
    expect([names(outcome), kong.unread, kong.closed]).toEqual([['kong.response.exit'], [], false]);
    expect(errors(host)).toMatchObject([{ err: { message: 'the access phase has not ended in 20 ms' } }]);
  });

  it('to end while Kong owes it an answer is answered too', async () => {
    const { kong, instance } = await hostAccess(({ request }) => request.getPath(), { phaseTimeoutMs: 20 });
    kong.sendEvent(instance);
    const frames = [await kong.frame(), await kong.frame(), await kong.frame()].map(String);
    expect(frames).toEqual(['kong.request.get_path', '', 'kong.response.exit']);
  });
});
