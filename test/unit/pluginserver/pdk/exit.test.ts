/** Events that a plugin ends itself, or that end because a call cannot be sent. */

import { describe, expect, it } from 'vitest';
import type { Kong } from '../../../../pluginserver/pdk';
import { ANSWERS, hostAccess, INTERNAL_ERROR } from '../../../support/pluginserver/hostAccess';
import { kongEncode } from '../../../support/pluginserver/kongProtocol';

describe('kong.response.exit', () => {
  it('ends the event: no RpcReturn follows, the connection is left to Kong', async () => {
    const { host, kong, instance, end } = await hostAccess(async ({ response, service }) => {
      await response.exit(403, 'no', { 'x-a': 'b' });
      await service.request.setPath('/after').catch(() => undefined);
    });
    const outcome = await kong.event(instance);
    expect(outcome).toMatchObject({
      end: 'exit',
      exit: { status: 403, body: 'no', headers: { 'x-a': 'b' } },
    });
    await host.roundTrip();
    expect(kong.unread).toEqual([]);
    expect(kong.closed).toBe(false);
    expect(end.runningEvents).toBe(0);
  });

  it('makes the server deaf to whatever still comes on that connection', async () => {
    let events = 0;
    const { host, kong, instance } = await hostAccess(async ({ request, response }) => {
      events++;
      request.getPath().catch(() => undefined);
      await response.exit(204);
    });
    await kong.event(instance, ANSWERS);
    kong.send(kongEncode('String', { v: 'late answer' }), Buffer.from('garbage'));
    kong.sendEvent(instance);
    await host.roundTrip();
    expect([events, kong.unread, kong.closed]).toEqual([1, [], false]);
  });

  it('rejects the getters that are still open with ERR_EVENT_OVER', async () => {
    const seen: unknown[] = [];
    const { host, kong, instance } = await hostAccess(async ({ request, response }) => {
      request.getPath().catch((error) => seen.push(error));
      await response.exit(204);
    });
    kong.sendEvent(instance);
    await host.roundTrip();
    expect(seen).toEqual([expect.objectContaining({ code: 'ERR_EVENT_OVER' })]);
  });

  it.each([
    ['no body', [403], ''],
    ['null as its body', [403, null], ''],
    ['text', [403, 'tëxt'], 'tëxt'],
    ['bytes', [403, Buffer.from('bytes')], 'bytes'],
    ['an object, which Kong would write as JSON', [403, { message: 'no' }], '{"message":"no"}'],
  ])('with %s is answered as asked', async (_, args, body) => {
    const { kong, instance } = await hostAccess(({ response }) => response.exit(...(args as [number])));
    expect(await kong.event(instance)).toMatchObject({ end: 'exit', exit: { status: 403, body } });
  });
});

describe('arguments that cannot be sent', () => {
  const circular: Record<string, never> = {};
  Object.assign(circular, { circular });

  it.each([
    ['kong.response.exit', ({ response }: Kong) => response.exit(403, 'no', circular)],
    ['kong.service.request.set_headers', ({ service }: Kong) => service.request.setHeaders(circular)],
    ['kong.service.request.set_raw_body', ({ service }: Kong) => service.request.setRawBody(42 as never)],
  ])('never let the request pass, not even where nobody waits for %s', async (_, call) => {
    const { kong, instance } = await hostAccess((pdk) => {
      call(pdk).catch(() => undefined);
    });
    expect(await kong.event(instance)).toMatchObject({ end: 'exit', exit: INTERNAL_ERROR });
  });

  it('to a getter reject its promise and leave the event to the plugin', async () => {
    const { kong, instance } = await hostAccess(async ({ request }) => {
      await expect(request.getHeaders(10n as never)).rejects.toThrow('kong.request.get_headers');
      await request.getPath();
    });
    expect(await kong.event(instance, ANSWERS)).toMatchObject({ end: 'returned' });
  });
});
